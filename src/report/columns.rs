//! The data dictionary: every CSV of an output folder, its columns, their units and meanings. Writes no CSV itself.
//!
//! A test runs a study and compares, so that `explain` and docs/records.md cannot fall behind.

mod replays;

pub use replays::REPLAY_FILES;

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
