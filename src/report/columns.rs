//! The data dictionary: every CSV of an output folder, its columns, their units and meanings. Writes no CSV itself.
//!
//! A test runs a study and compares, so that `explain` and docs/records.md cannot fall behind.

/// One CSV file of an output folder.
#[derive(Clone, Copy, Debug)]
pub struct FileDoc {
    /// File name.
    pub name: &'static str,
    /// What a row is.
    pub what: &'static str,
    /// Columns in order.
    pub columns: &'static [Column],
}

/// A column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Header.
    pub name: &'static str,
    /// Unit: `-` for fractions and counts, `text`, `date`, or as in column `unit`.
    pub unit: &'static str,
    /// One sentence.
    pub what: &'static str,
}

const fn col(name: &'static str, unit: &'static str, what: &'static str) -> Column {
    Column { name, unit, what }
}

const STRATEGY: Column = col("strategy", "text", "Strategy: a choice of ours.");
const FUTURE: Column =
    col("future", "text", "Future: a condition that is not our choice. Nothing is averaged over futures.");
const MONTH: Column = col("month", "date", "Calendar month, e.g. 2026-03.");
const TICK: Column = col("tick", "date", "Beginning of the tick, UTC.");
const POOL: Column = col("pool", "text", "Pool.");
const LAB: Column = col("lab", "text", "Lab.");
const DRAWS: Column = col("draws", "-", "Draws of what is not known, m.");
const N: Column = col("n", "-", "Runs that have a value: draws x replications less the blanks.");
const MEAN: Column = col("mean", "as in unit", "Mean over the runs of the cell (strategy x future).");
const CI_LOW: Column =
    col("ci_low", "as in unit", "Lower end of the 95 % t interval of the mean over draws, m - 1 degrees of freedom.");
const CI_HIGH: Column = col("ci_high", "as in unit", "Upper end of that interval: simulation error, not risk.");
const P05: Column =
    col("p05", "as in unit", "5 % quantile (type 7) over all runs of the cell: draws and chance together.");
const P50: Column = col("p50", "as in unit", "Median of the same.");
const P95: Column = col("p95", "as in unit", "95 % quantile of the same; p05 to p95 is the risk.");
const PARAM_SHARE: Column = col(
    "param_share",
    "-",
    "Share of the variance that comes from what is not known rather than from chance (two-level split); blank with one replication.",
);

/// Every file, in the order one reads them.
pub const FILES: &[FileDoc] = &[
    FileDoc {
        name: "summary.csv",
        what: "A metric of one cell (strategy x future) over one scope and period, over all runs.",
        columns: &[
            STRATEGY,
            FUTURE,
            col(
                "scope_kind",
                "text",
                "What the figure is of: cloud, pool, lab, workload, workload@pool, lab@pool, campaign, contract, service.",
            ),
            col("scope", "text", "Which one."),
            col("period", "text", "`all`, a fiscal year (2027), or a month (2027-03)."),
            col("metric", "text", "Metric; docs/metrics.md defines it."),
            col("unit", "text", "Unit of the numbers in this row; `-` for fractions and counts."),
            DRAWS,
            N,
            MEAN,
            CI_LOW,
            CI_HIGH,
            P05,
            P50,
            P95,
            PARAM_SHARE,
            col(
                "model_error",
                "as in unit",
                "Figures of services whose ticks were also played request by request (`[run] model_error_windows`): hourly tier less requests over draw 0, replication 0, each stratum of windows weighed by what it stands for; of `replica_load` without work of others. Blank where not measured.",
            ),
        ],
    },
    FileDoc {
        name: "pools.csv",
        what: "A pool in a month, over the runs of the cell.",
        columns: &[
            STRATEGY,
            FUTURE,
            MONTH,
            POOL,
            col("site", "text", "Its site; blank for an abstract pool."),
            N,
            col(
                "METRIC",
                "as the metric",
                "Mean over the runs; a column for each monthly metric of a pool, headed by its name in docs/metrics.md.",
            ),
            col("METRIC_p05", "as the metric", "5 % quantile over the runs of the metric before it."),
            col("METRIC_p95", "as the metric", "95 % quantile over the runs of the same."),
        ],
    },
    FileDoc {
        name: "tenants.csv",
        what: "Chip-hours of a lab on a pool in a month, by workload and by how they are paid for, over the runs of the cell.",
        columns: &[
            STRATEGY,
            FUTURE,
            MONTH,
            LAB,
            POOL,
            col("workload", "text", "Workload whose gangs held the chips; blank for what no gang of the lab held."),
            col(
                "price_kind",
                "text",
                "How the hours are paid for: guaranteed (by the reservation, held or not), reserved (not simulated), or the kind of price of use beyond the guarantee.",
            ),
            N,
            col(
                "held_chip_hours",
                "chip-h",
                "Mean over the runs: chip-hours held; an hour is in one row only, so that the rows of a lab and pool add up to what it held.",
            ),
            col("held_chip_hours_p05", "chip-h", "5 % quantile over the runs of the same."),
            col("held_chip_hours_p95", "chip-h", "95 % quantile over the runs of the same."),
            col(
                "unused_chip_hours",
                "chip-h",
                "Mean over the runs: guaranteed chip-hours, up and offered, that no gang of the lab held; held + unused is what is billed.",
            ),
            col("unused_chip_hours_p05", "chip-h", "5 % quantile over the runs of the same."),
            col("unused_chip_hours_p95", "chip-h", "95 % quantile over the runs of the same."),
        ],
    },
    FileDoc {
        name: "goodput.csv",
        what: "Where the time of gangs went, and what interrupted them, over the whole study: allocated = productive + checkpoint + lost + restart + yielding, and lost and restart are the sums of theirs by reason.",
        columns: &[
            STRATEGY,
            FUTURE,
            col("scope_kind", "text", "lab or workload."),
            col("scope", "text", "Whose gangs."),
            col(
                "reason",
                "text",
                "What interrupted them: a cause of failure, failure (of a pool that states no causes), rack_outage, pool_outage, site_outage, region_outage, preemption (taken off for others), maintenance (taken off because planned maintenance begins), over_estimate (stopped), resize (goes on with another size), reclaim (told to leave spot or a capacity block); blank: all of them.",
            ),
            col("metric", "text", "What is measured; docs/metrics.md defines it."),
            col("unit", "text", "Unit of the metric."),
            N,
            MEAN,
            CI_LOW,
            CI_HIGH,
            P05,
            P50,
            P95,
        ],
    },
    FileDoc {
        name: "cashflow.csv",
        what: "A line of a cloud's cash, lines down, fiscal years across; means over the runs of the cell, so that it adds up.",
        columns: &[
            STRATEGY,
            FUTURE,
            col("cloud", "text", "Whose cash."),
            col(
                "line",
                "text",
                "Why money moved: usage, reservation, reserved_inference, shortfall, capex_order, capex_delivery, cancel_fee, power, facility, operations, tranche, or `net`.",
            ),
            col("YEAR", "USD", "Received less paid in that fiscal year; one column a year, headed by it."),
            col("total", "USD", "Sum of the years."),
        ],
    },
    FileDoc {
        name: "ledger.csv",
        what: "A transfer of money between two parties; draw 0, replication 0 of each cell. Amounts of a run sum to zero over parties.",
        columns: &[
            STRATEGY,
            FUTURE,
            col("draw", "-", "Draw, from 0."),
            col("replication", "-", "Replication within the draw, from 0."),
            col("at", "date", "Instant of the posting, UTC."),
            col("month", "date", "Month of the study it belongs to."),
            col("payer", "text", "Who pays."),
            col("payee", "text", "Who is paid."),
            col("kind", "text", "Why; the lines of cashflow.csv."),
            col("sku", "text", "For what: workload@pool, pool, lab@pool, delivery, contract period or tranche."),
            col(
                "price_kind",
                "text",
                "on_demand, committed, capacity_block or contract; blank where no chip-hour is sold.",
            ),
            col("segment", "-", "How often that price had stepped since the start."),
            col("quantity", "as in unit", "How much; 12 decimals where it is not whole."),
            col(
                "unit",
                "text",
                "Unit of the quantity: chip-h, MWh (power), MW-h (facility and operations: megawatts installed x hours), chips, USD (shortfall and tranche, at rate 1).",
            ),
            col("rate_usd", "USD per unit", "Price of one unit of quantity, exact to the nano-dollar."),
            col("amount_usd", "USD", "quantity x rate, rounded once to the micro-dollar, half to even."),
            col(
                "internal",
                "text",
                "yes: between the cloud and its own lab, eliminated in the provider's view; else no.",
            ),
        ],
    },
    FileDoc {
        name: "events.csv",
        what: "A change of what a run lives with: price, delivery, guarantee, contract; draw 0, replication 0 of each cell.",
        columns: &[
            STRATEGY,
            FUTURE,
            col("draw", "-", "Draw, from 0."),
            col("replication", "-", "Replication within the draw, from 0."),
            col("at", "date", "When it came into force, UTC."),
            col("class", "-", "Event class: within an instant, lower ones come first."),
            col("kind", "text", "What changed."),
            col("subject", "text", "Of which pool, site, contract or workload."),
            col("object", "text", "Which tenant, delivery or price kind of it; may be blank."),
            col("value", "as in unit", "New value."),
            col("unit", "text", "Unit of the value."),
        ],
    },
    FileDoc {
        name: "concentration.csv",
        what: "Concentration of one base along one axis in the twelve months that end with a month.",
        columns: &[
            STRATEGY,
            FUTURE,
            col("period", "date", "Last month of the twelve."),
            col("axis", "text", "lab, silicon_vendor or region."),
            col("base", "text", "What is shared out, such as revenue, remaining commitment, MW or chip-hours."),
            col(
                "measure",
                "text",
                "share, hhi (sum of squared shares in percent, 0 to 10,000), effective_number (10,000 / hhi), cr1 or cr2 (share of the largest one or two), covered (share of the productive chip-hours that the base effective_flop can count).",
            ),
            col("name", "text", "Whose share; blank for an index."),
            N,
            MEAN,
            CI_LOW,
            CI_HIGH,
            P05,
            P50,
            P95,
        ],
    },
    FileDoc {
        name: "risk.csv",
        what: "A measure of risk over the runs of a cell.",
        columns: &[
            STRATEGY,
            FUTURE,
            col(
                "measure",
                "text",
                "Which: tail of the NPV (value at risk, expected shortfall), correlation of margins.",
            ),
            col("name", "text", "Of whom."),
            col("level", "-", "Level of the tail, e.g. 0.95; blank where there is none."),
            col("unit", "text", "Unit of the value."),
            N,
            col("n_tail", "-", "Runs in the tail."),
            col("value", "as in unit", "The measure; blank when there are too few runs for it."),
            col("low", "as in unit", "Lower end of its interval."),
            col("high", "as in unit", "Upper end of its interval."),
            col("note", "text", "Why there is no value, or what to know of it."),
        ],
    },
    FileDoc {
        name: "differences.csv",
        what: "A metric of one strategy less the same of another in the same future, paired run by run.",
        columns: &[
            STRATEGY,
            col("versus", "text", "The strategy it is compared with."),
            FUTURE,
            col("scope_kind", "text", "What the figure is of; as in summary.csv."),
            col("scope", "text", "Which one."),
            col("metric", "text", "Metric, over the whole study; docs/metrics.md defines it."),
            col("unit", "text", "Unit of the numbers in this row."),
            N,
            MEAN,
            CI_LOW,
            CI_HIGH,
            P05,
            P50,
            P95,
            col("correlation", "-", "Correlation of the two over the runs."),
            col(
                "variance_reduction",
                "-",
                "(Var A + Var B) / Var(A - B): what playing both with the same chance is worth.",
            ),
            col(
                "share_of_draws_better",
                "-",
                "Share of draws in which the strategy is the better one (more or less, as docs/metrics.md says of the metric; a tie is not better); blank where neither is better.",
            ),
            col("note", "text", "That both are the same, and in what they differ."),
        ],
    },
    FileDoc {
        name: "assumptions.csv",
        what: "A number that the study assumes, of the scenario or of the catalog.",
        columns: &[
            col("path", "text", "Dotted path of the value; `catalog.` for built-in rows."),
            col("value", "text", "As written or resolved."),
            col("range", "text", "p5..p95 or low..high, when one is stated."),
            col("source", "text", "Where it was read."),
            col("as_of", "date", "Date of the source."),
            col("confidence", "text", "high, medium, low or estimate."),
            col("reason", "text", "Why this value."),
        ],
    },
    FileDoc {
        name: "services.csv",
        what: "A service in a month, over the runs of the cell; written where there are services.",
        columns: &[
            STRATEGY,
            FUTURE,
            MONTH,
            LAB,
            col("service", "text", "Service."),
            N,
            col(
                "METRIC",
                "as the metric",
                "Mean over the runs; a column for each monthly metric of a service, headed by its name in docs/metrics.md.",
            ),
            col("METRIC_p05", "as the metric", "5 % quantile over the runs of the metric before it."),
            col("METRIC_p95", "as the metric", "95 % quantile over the runs of the same."),
        ],
    },
    FileDoc {
        name: "services_by_tick.csv",
        what: "A service in a tick of draw 0, replication 0 of each cell; written when `[run] ticks = true`.",
        columns: &[
            STRATEGY,
            FUTURE,
            TICK,
            LAB,
            col("service", "text", "Service."),
            col("demanded_tokens", "tokens", "Tokens that interactive users asked for."),
            col("served_tokens", "tokens", "Served by this service, which was asked first."),
            col("shed_tokens", "tokens", "Not served by it: spilled + lost."),
            col("spilled_tokens", "tokens", "Of the shed: served by its second choice."),
            col("lost_tokens", "tokens", "Of the shed: served by nobody."),
            col("received_tokens", "tokens", "Served for services whose second choice this is."),
            col("deferrable_tokens", "tokens", "Tokens that may wait, as they came."),
            col("deferrable_served_tokens", "tokens", "Tokens that may wait and were served."),
            col("expired_tokens", "tokens", "Tokens that waited beyond their deadline."),
            col("backlog_tokens", "tokens", "Tokens still waiting at the end of the tick."),
            col("ready_replica_hours", "replica-h", "Replica-hours ready."),
            col("starting_replica_hours", "replica-h", "Replica-hours that hold chips and are not ready yet."),
            col("required_replica_hours", "replica-h", "Replica-hours that the demanded tokens need."),
            col("work_replica_hours", "replica-h", "Replica-hours that all served tokens took."),
        ],
    },
    FileDoc {
        name: "model_error.csv",
        what: "A figure of a window, a tick of draw 0, replication 0 that was played again request by request; written where `[run] model_error_windows` asks for it, and by `verify serving -o`.",
        columns: &[
            STRATEGY,
            FUTURE,
            LAB,
            col("service", "text", "Service."),
            TICK,
            col(
                "why",
                "text",
                "highest load (of its service, above 0.9), steepest ramp (of its service), or stratum: by chance.",
            ),
            col("peak_load", "-", "Highest load in the tick: demanded over what the replicas can."),
            col("replicas", "replicas", "Replicas ready, mean over the tick."),
            col("idc", "-", "Index of dispersion of the service's requests."),
            col("ramp", "-", "Demand at the tick's end less that at its beginning, over its mean."),
            col("load_stratum", "text", "Stratum of the peak load."),
            col("idc_stratum", "text", "Stratum of the index of dispersion."),
            col("ramp_stratum", "text", "Stratum of the ramp, up or down."),
            col("replicas_played", "replicas", "Replicas that stood for all, with their part of the requests."),
            col("requests", "requests", "Requests looked at, of all four plays."),
            col(
                "metric",
                "text",
                "busy_fraction (replica time that the service's own served tokens take over that ready), tpot_mean_s, slo_attainment, shed_fraction or ttft_p99_s.",
            ),
            col("fluid", "as the metric", "What the hourly tier said of the tick."),
            col("request", "as the metric", "What requests met, mean over four plays."),
            col("request_half_width", "as the metric", "Half-width of its 95 % t interval over the plays."),
            col("model_error", "as the metric", "fluid - request."),
            col(
                "tolerance",
                "-",
                "How far the hourly tier may be off: a share of `request`; of slo_attainment and shed_fraction a share of the whole.",
            ),
            col("verdict", "text", "ok within it; unsure beyond it by less than the interval; MISS beyond it by more."),
        ],
    },
    FileDoc {
        name: "pools_by_tick.csv",
        what: "A pool with services in a tick of draw 0, replication 0 of each cell, mean chips over the tick: the six add up to what is installed; written when `[run] ticks = true`.",
        columns: &[
            STRATEGY,
            FUTURE,
            TICK,
            POOL,
            col("ready_chips", "chips", "Of replicas that are ready."),
            col("starting_chips", "chips", "Of replicas that are starting."),
            col("gang_chips", "chips", "Of gangs."),
            col("reserved_chips", "chips", "Reserved, billed and not simulated."),
            col("idle_chips", "chips", "Up and held by nobody."),
            col("down_chips", "chips", "Failed or dark."),
        ],
    },
    FileDoc {
        name: "jobs.csv",
        what: "A job of draw 0, replication 0 of each cell; written when `[run] jobs = true`.",
        columns: &[
            STRATEGY,
            FUTURE,
            col("workload", "text", "Lab and workload."),
            col("item", "-", "Number in its stream, from 0; negative in the spin-up."),
            col("submit_h", "h", "Submission, since the start of the scenario."),
            col("start_h", "h", "Start of the first attempt; blank: refused or never started."),
            col("finish_h", "h", "End; blank: still running or waiting at the end."),
            col("chips", "chips", "Gang size."),
            col("pool", "text", "Pool of the last attempt."),
            col("failures", "-", "Failures that stopped it."),
            col(
                "preemptions",
                "-",
                "How often it was taken off: for another job, by spot or at the end of a block, or because its nodes left.",
            ),
        ],
    },
];

/// Files of `replay jobs`.
pub const REPLAY_FILES: &[FileDoc] = &[
    FileDoc {
        name: "replay/jobs.csv",
        what: "A job of a replayed log, in order of submission. Classes of a log are read and stand nowhere: no rule of a replay goes by them.",
        columns: &[
            col("job_id", "text", "As in the log; its number in order of submission, from 0, where the log has none."),
            col("queue", "text", "Its queue; `default` where the log names none."),
            col("submit_s", "s", "Submission, from the first job."),
            col("start_s", "s", "First start; blank: it never started."),
            col("end_s", "s", "End; blank: it never ended, or was stopped for outlasting its estimate."),
            col("chips", "chips", "Gang size."),
            col("duration_s", "s", "Running time in the log."),
            col(
                "preemptions",
                "-",
                "How often it was taken off: for another job, by spot or at the end of a block, or because its nodes left.",
            ),
            col(
                "placed_on",
                "text",
                "Pool of its last start, a queue or `all`; `overflow` for the cloud; blank: it never started.",
            ),
        ],
    },
    FileDoc {
        name: "replay/queues.csv",
        what: "A queue of a replayed log; the last row is all of them.",
        columns: &[
            col("queue", "text", "Queue, or `all`."),
            col("nodes", "nodes", "Nodes that it can use."),
            col("chips", "chips", "Their chips."),
            col("jobs", "-", "Jobs of the log."),
            col(
                "never_fit",
                "-",
                "Of those: larger than all its chips; not run, unless --overflow-after takes them to the cloud.",
            ),
            col("started", "-", "Of those: started."),
            col("finished", "-", "Of those: finished."),
            col("overflowed", "-", "Of those: went to the cloud after their wait."),
            col("killed", "-", "Of those: stopped for outlasting their estimate."),
            col("preemptions", "-", "How often jobs were taken off for others."),
            col("p_wait", "-", "Share of the started that waited."),
            col("wait_mean_s", "s", "Mean time from submission to first start."),
            col("wait_p50_s", "s", "Median of the same, to 0.2 %, as every quantile here."),
            col("wait_p90_s", "s", "90 % quantile of the same."),
            col("wait_p99_s", "s", "99 % quantile of the same."),
            col("jct_mean_s", "s", "Mean time from submission to end, of the finished."),
            col("jct_p50_s", "s", "Median of the same."),
            col("jct_p90_s", "s", "90 % quantile of the same."),
            col("jct_p99_s", "s", "99 % quantile of the same."),
            col("makespan_s", "s", "From its first submission to its last end."),
            col("allocated_chip_hours", "chip-h", "Held on the fleet."),
            col("overflow_chip_hours", "chip-h", "Held in the cloud."),
            col(
                "allocated_fraction",
                "-",
                "Held over chips x time, from the first submission of the log to the queue's last end.",
            ),
            col(
                "demand_chip_hours",
                "chip-h",
                "Chips x running time of every job of the log, those that never fit included.",
            ),
            col("usd_per_chip_hour", "USD", "With --price: the catalog's price, whose row stands in manifest.json."),
            col(
                "all_rented_usd",
                "USD",
                "With --price: the chip-hours of the jobs that ran, in the cloud or not, at that price; those that can never fit and have no cloud are in demand_chip_hours alone.",
            ),
            col("overflow_usd", "USD", "With --price: overflow_chip_hours at that price."),
            col(
                "owning_breaks_even_usd_per_chip_hour",
                "USD",
                "With --price: (all_rented_usd - overflow_usd) over the fleet's chip-hours in the same time: owning is cheaper where a chip costs less than that for an hour, used or not; blank for one of several queues on the same chips.",
            ),
        ],
    },
    FileDoc {
        name: "replay/fractions.csv",
        what: "What the chips of a queue were spent on, each counted where it happens.",
        columns: &[
            col("queue", "text", "Queue, or `all`."),
            col("part", "text", "allocated = productive + checkpoint + lost + restart + yielding."),
            col("chip_hours", "chip-h", "Chip-hours on the fleet."),
            col("of_allocated", "-", "Of the chip-hours allocated."),
            col("of_capacity", "-", "Of chips x time, from the first submission of the log to the queue's last end."),
        ],
    },
    FileDoc {
        name: "requests/requests.csv",
        what: "A request of a replayed log, in order of their ends.",
        columns: &[
            col("id", "-", "Row of the log, from 0."),
            col(
                "arrival_s",
                "s",
                "Arrival as the log counts, or from the earliest row of a log with dates; after --rate-scale.",
            ),
            col("input_tokens", "tokens", "Tokens of its prompt."),
            col("output_tokens", "tokens", "Tokens of its answer."),
            col("ttft_s", "s", "From arrival to the first token; blank: it had none."),
            col(
                "tpot_s",
                "s",
                "Time per token after the first, (135); blank for one token. With --compat splitwise over all tokens of the answer.",
            ),
            col("e2e_s", "s", "From arrival to the last token; blank: it was refused or gave up."),
            col("replica", "-", "Replica that had it last, from 0; blank: none had."),
        ],
    },
    FileDoc {
        name: "requests/summary.csv",
        what: "A figure of a replay of requests.",
        columns: &[
            col("class", "text", "Class, or `all`."),
            col(
                "metric",
                "text",
                "ttft_s, tpot_s and e2e_s with their statistic; requests, gave_up, refused, attainment (share within the targets of all that came), \
                 tokens, replicas, cost.",
            ),
            col("unit", "text", "Its unit."),
            col("value", "as in unit", "The figure over all requests; quantiles to 0.2 %."),
            col(
                "ci_low",
                "as in unit",
                "Lower end of its 95 % interval by batch means, (139); blank of too few requests.",
            ),
            col("ci_high", "as in unit", "Upper end."),
        ],
    },
    FileDoc {
        name: "requests/levels.csv",
        what: "A stretch of time of a replay of requests; means over it.",
        columns: &[
            col("from_s", "s", "Its begin, from the first arrival."),
            col("replicas", "-", "Replicas that run, cold starts and drains included."),
            col("busy_replicas", "-", "Replicas in an iteration."),
            col("batch", "-", "Requests in batches, over all replicas."),
            col("kv_tokens", "tokens", "Tokens in memory while iterations run, over all replicas."),
        ],
    },
    FileDoc {
        name: "size/candidates.csv",
        what: "A composition of instances that was considered: what keeps the promise, the cheapest first, then what does not, and why.",
        columns: &[
            col(
                "instance",
                "text",
                "Instance type; of a mix both, with + between them, here and in the other columns of parts.",
            ),
            col("chip", "text", "Its chip."),
            col("chips_per_replica", "-", "Chips that share each layer of a replica; blank: whatever they are."),
            col("replicas", "-", "Replicas on the instances, all of them serving."),
            col("instances", "-", "The smallest number that keeps the promise, (179), (180)."),
            col("usd_per_hour", "USD/h", "Price of the whole instances."),
            col("usd_per_million_tokens", "USD", "By allocation, (141)."),
            col("requests", "-", "Requests of the load, in the request tier."),
            col("attained", "-", "Share of all of them answered within both targets."),
            col(
                "attained_low",
                "-",
                "Lower end of its 95 % interval by batch means, (139); blank of too few requests.",
            ),
            col("attained_high", "-", "Upper end."),
            col("ttft_p50_s", "s", "Time to first token, median."),
            col("ttft_p99_s", "s", "The same, 99th percentile."),
            col("tpot_p50_s", "s", "Time per token after the first, median."),
            col("tpot_p99_s", "s", "The same, 99th percentile."),
            col("shed", "-", "Requests that gave up (`--patience`); they have not attained."),
            col("refused", "-", "Requests longer than memory or context; they have not attained."),
            col("busy_fraction", "-", "Share of replica time in an iteration."),
            col("replicas_by_table", "-", "Replicas that the table of admission takes, (178); blank of a mix."),
            col("basis", "text", "How the cards are known: measured, fitted, extrapolated; of a mix the lesser."),
            col("uncertainty_sigma", "-", "Standard deviation of the logarithm of the true speed."),
            col("price", "text", "Row of the price, region and date."),
            col("why_not_kind", "text", "Of what cannot serve: price, data, memory, slo."),
            col("why_not", "text", "The reason with its arithmetic."),
        ],
    },
    FileDoc {
        name: "size/load.csv",
        what: "A fleet of one instance type at a load: the same requests closer together or further apart, (183). The cheapest fleet of each of at most six chips, and of their other numbers of chips a replica.",
        columns: &[
            col("chip", "text", "Its chip."),
            col("instance", "text", "Instance type."),
            col("chips_per_replica", "-", "Chips that share each layer of a replica."),
            col("instances", "-", "The smallest number that keeps the promise at the load that was asked for."),
            col("replicas", "-", "Replicas on them, all of them serving."),
            col("best_of_chip", "-", "1: the cheapest of its chip, which the chart of percentiles shows; else 0."),
            col("load", "-", "Requests a second over those that its saturated replicas serve, (178)."),
            col(
                "rate_scale",
                "-",
                "By which the load's own rate is multiplied, as `replay requests --rate-scale`; 1: the load that was asked for.",
            ),
            col("requests_per_s", "1/s", "Requests."),
            col("n", "-", "Requests of the run: the first of the load."),
            col("ttft_p50_s", "s", "Time to first token, median."),
            col(
                "ttft_p50_low_s",
                "s",
                "Lower end of its 95 % interval by batch means, (139); blank of too few requests, here and below.",
            ),
            col("ttft_p50_high_s", "s", "Upper end."),
            col("ttft_p90_s", "s", "Time to first token, 90th percentile."),
            col("ttft_p90_low_s", "s", "Lower end of its interval."),
            col("ttft_p90_high_s", "s", "Upper end."),
            col("ttft_p99_s", "s", "Time to first token, 99th percentile."),
            col("ttft_p99_low_s", "s", "Lower end of its interval."),
            col("ttft_p99_high_s", "s", "Upper end."),
            col("tpot_p50_s", "s", "Time per token after the first, median; blank where every answer has one token."),
            col("tpot_p50_low_s", "s", "Lower end of its interval."),
            col("tpot_p50_high_s", "s", "Upper end."),
            col("tpot_p90_s", "s", "Time per token after the first, 90th percentile."),
            col("tpot_p90_low_s", "s", "Lower end of its interval."),
            col("tpot_p90_high_s", "s", "Upper end."),
            col("tpot_p99_s", "s", "Time per token after the first, 99th percentile."),
            col("tpot_p99_low_s", "s", "Lower end of its interval."),
            col("tpot_p99_high_s", "s", "Upper end."),
            col("attained", "-", "Share of all requests answered within both targets."),
            col("attained_low", "-", "Lower end of its interval."),
            col("attained_high", "-", "Upper end."),
            col("shed", "-", "Requests that gave up (`--patience`)."),
            col("refused", "-", "Requests longer than memory or context."),
            col("busy_fraction", "-", "Share of replica time in an iteration."),
            col("output_tokens_per_s_per_chip", "tokens/s", "Tokens of answers by a chip of the fleet, used or not."),
            col("usd_per_million_tokens", "USD", "By allocation, (141)."),
            col(
                "on_frontier",
                "-",
                "1: no other row that keeps the target of the first token is both faster (`tpot_p99_s`; `ttft_p99_s` where that is blank) and cheaper, (184); else 0.",
            ),
            col("basis", "text", "How the card is known: measured, fitted, extrapolated."),
            col("uncertainty_sigma", "-", "Standard deviation of the logarithm of the true speed."),
        ],
    },
];

/// Headers of a file in order; asking for a file that has no entry is our mistake.
pub fn headers(file: &str) -> Vec<&'static str> {
    let found = FILES.iter().chain(REPLAY_FILES).find(|doc| doc.name == file);
    found
        .unwrap_or_else(|| panic!("{file} has no entry in the data dictionary"))
        .columns
        .iter()
        .map(|c| c.name)
        .collect()
}

/// docs/records.md: every file and column.
pub fn manual() -> String {
    let mut out = String::from(
        "# Output files\n\nMade from `src/report/columns.rs`; do not edit. `hedgerow explain COLUMN` says the same.\n\
         Empty is not zero: a blank cell has no value. Numbers have no thousands separators and no exponents.\n",
    );
    for file in FILES.iter().chain(REPLAY_FILES) {
        out += &format!("\n## {}\n{}\n\n| column | unit | meaning |\n|---|---|---|\n", file.name, file.what);
        for Column { name, unit, what } in file.columns {
            out += &format!("| `{name}` | {unit} | {} |\n", what.replace('|', "\\|"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_has_a_unit_and_a_sentence_once() {
        for file in FILES.iter().chain(REPLAY_FILES) {
            let mut names = headers(file.name);
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), file.columns.len(), "{}: a column twice", file.name);
            for column in file.columns {
                assert!(!column.unit.is_empty() && column.what.ends_with('.'), "{}: {}", file.name, column.name);
            }
        }
    }
}
