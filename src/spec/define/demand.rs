//! Definitions of labs and their workloads.

use super::*;

pub(super) static LAB: Table = table(
    "[labs.X]",
    "A buyer of compute.",
    &[
        key("own", Kind::Bool, "The cloud's own lab: what it pays is internal; default false."),
        key(
            "workloads",
            Kind::Map(
                Refers::Anything,
                &Kind::Variant(
                    &[("pretraining", &PRETRAINING), ("stream", &STREAM), ("batch", &BATCH), ("trace", &TRACE)],
                    &[("service", "serving"), ("serving", "serving")],
                ),
            ),
            "Its work.",
        ),
        key(
            "services",
            Kind::Map(Refers::Anything, &Kind::Table(&super::services::SERVICE)),
            "What it serves: endpoints of models with a demand for tokens through time.",
        ),
        later("models", "the market"),
        later("strength", "the market"),
        later("cash", "labs' cash"),
        later("placement", "the market"),
    ],
);

static CHECKPOINT: Table = Table {
    noted: true,
    ..table(
        "checkpoint",
        "Checkpoints.",
        &[
            must(
                "interval",
                Kind::DurationOr(range("h", 1e-6, 876_600.0), &LAW_OF_TIME),
                "Work between checkpoints: always the same, or drawn for each cycle of a job.",
            ),
            must("cost", duration(0.0), "Time to write one."),
        ],
    )
};

const KIND: Key = must(
    "kind",
    Kind::Choice(&["pretraining", "stream", "batch", "trace"], &[("service", "serving"), ("serving", "serving")]),
    "Kind of work; it says which keys may follow.",
);
const POOLS: Key = must("pools", Kind::Names(Refers::Pool), "Pools it may run on, in order of preference.");
const PRICE: Key = key(
    "price",
    Kind::Choice(&["on_demand", "committed", "capacity_block", "contract", "spot"], &[]),
    "Price kind; default `contract` when the lab has one, else `on_demand`.",
);
const PRICE_KINDS: Key = key(
    "price_kinds",
    Kind::Names(Refers::Anything),
    "Price kinds that it accepts, in order of preference, in place of `price`; under `cheapest_feasible` the cheapest with room. An empty list is none stated.",
);
const MAX_SPOT_RATIO: Key =
    key("max_spot_ratio", share(), "Most it pays for spot, over the on-demand price: its bid; default 1.");
const ONE_PRICE: &[&str] = &["price", "price_kinds"];
const PRIORITY: Key =
    key("priority", Kind::Integer(-1_000_000, 1_000_000), "Larger goes first under order `priority`; default 0.");
const CHECKPOINTS: Key =
    key("checkpoint", Kind::Table(&CHECKPOINT), "Checkpoints; absent: all work since the start is lost.");
const RESTART: Key = key("restart", duration(0.0), "Time to load and resume after a failure; default none.");
const FAILURES: Key = key(
    "failures",
    Kind::Choice(&["sampled", "goodput", "off"], &[]),
    "How failures are played; default `[run] failures`, of a trace `off`: its times hold its failures already.",
);
const VOLUME: Key = key("volume", share(), "Share of the jobs that are ours, by each job's mark; default 1.");
const MFU: Key = key("mfu", Kind::Map(Refers::Anything, &share()), "Useful FLOP over peak while productive, by chip.");

static SCALING: Table = Table {
    groups: &[Group { keys: &["amdahl", "power", "table"], required: true }],
    noted: true,
    ..table(
        "elastic.scaling",
        "Throughput of a gang by its size.",
        &[
            key("amdahl", share(), "Serial share s of the work on one chip: 1 / (s + (1 - s) / n)."),
            key("power", number("-", 1e-3, 1.0), "Exponent: n to this power."),
            key("table", Kind::List(&Kind::Table(&SCALING_ROW)), "Measured sizes, ascending; straight lines between."),
        ],
    )
};

static SCALING_ROW: Table = table(
    "elastic.scaling.table",
    "A size and its throughput.",
    &[
        key("name", Kind::Text, "Name, for paths."),
        must("chips", Kind::Integer(1, MOST_CHIPS_I), "Gang size."),
        must("throughput", number("any unit", 0.0, 1e15), "Throughput; only ratios count."),
    ],
);

const MIN: Kind = Kind::Integer(1, MOST_CHIPS_I);
const STEP: Key = key("step", MIN, "Elastic: sizes differ by this; default the chips of a node.");
const REFERENCE: Key = key("reference", MIN, "Elastic: the gang for which work is stated; default `max`.");
const SCALING_KEY: Key =
    key("scaling", Kind::Table(&SCALING), "Elastic: throughput by size; default linear, told as an assumption.");
const RESIZE_COST: Key = key(
    "resize_cost",
    duration(0.0),
    "Elastic: time without work at each change of size, on the new chips; default checkpoint cost + restart.",
);

static ELASTIC: Table = Table {
    noted: true,
    ..table(
        "chips",
        "Gangs that run on any size between two, and change it at the instants of `schedule.resize_every`.",
        &[
            must("min", MIN, "Smallest gang: it starts when so many chips are free."),
            must("max", MIN, "Largest gang."),
            STEP,
            REFERENCE,
            SCALING_KEY,
            RESIZE_COST,
        ],
    )
};

const DEADLINE: Key = key("deadline", duration(1e-6), "Time to finish a job in, from its submission; absent: none.");

const SPLIT_SPEED: Key = key(
    "split_speed",
    Kind::NumberOrMap(range("-", 1e-6, 1.0), &share()),
    "Speed of a gang that placement `split` has put on more nodes than it needs, over its speed together; one for all or by chip.",
);

static PRETRAINING: Table = Table {
    groups: &[Group { keys: ONE_PRICE, required: false }],
    noted: true,
    ..table(
        "[labs.X.workloads.Y] kind = \"pretraining\"",
        "A pre-training campaign after the other.",
        &[
            KIND,
            POOLS,
            PRICE,
            PRICE_KINDS,
            MAX_SPOT_RATIO,
            PRIORITY,
            CHECKPOINTS,
            RESTART,
            FAILURES,
            VOLUME,
            MFU,
            SPLIT_SPEED,
            must("flops", number("FLOP", 1e12, 1e32), "Useful FLOPs of a campaign."),
            must("chips", Kind::IntegerOr(1, MOST_CHIPS_I, &ELASTIC), "Gang size, or those between which it changes."),
            DEADLINE,
            key(
                "campaign_efficiency",
                share(),
                "Delivered over headline throughput; default 1, told as an assumption.",
            ),
            key("every", duration(1e-6), "Interval between submissions; absent: one campaign at the start."),
        ],
    )
};

static MIX: Table = Table {
    rule: Some(rules::sizes),
    groups: &[Group { keys: &["values", "min"], required: true }],
    noted: true,
    ..table(
        "chips",
        "A mix of gang sizes, or gangs that run on any size between two and change it at the instants of `schedule.resize_every`.",
        &[
            key("values", Kind::Integers(1, MOST_CHIPS_I), "A mix: gang sizes."),
            key("weights", Kind::Numbers(range("-", 0.0, 1e9)), "A mix: relative frequencies."),
            key("min", MIN, "Elastic: smallest gang; it starts when so many chips are free."),
            key("max", MIN, "Elastic: largest gang."),
            STEP,
            REFERENCE,
            SCALING_KEY,
            RESIZE_COST,
        ],
    )
};

static STATE: Table = table(
    "[labs.X.workloads.Y.modulated] states",
    "A state of the arrivals.",
    &[
        key("name", Kind::Text, "Name, for paths and `to`."),
        must(
            "rate",
            number("-", 0.0, 1e9),
            "Relative rate while it lasts; `per_day` or `interval` stays the long-run mean.",
        ),
        must("mean_time", duration(1e-6), "Mean time it lasts, exponential."),
        key(
            "to",
            Kind::Map(Refers::Anything, &number("-", 0.0, 1e9)),
            "Relative weights of the states that follow, by name; absent: the next of the list, after the last the first.",
        ),
    ],
);

static MODULATED: Table = table(
    "[labs.X.workloads.Y.modulated]",
    "Arrivals whose rate follows a Markov chain in continuous time, in its long run at the start.",
    &[must("states", Kind::List(&Kind::Table(&STATE)), "Two states or more.")],
);

static ESTIMATE: Table = table(
    "estimate",
    "What users say their jobs take.",
    &[
        must(
            "ratio",
            Kind::Table(&LAW_OF_RATIO),
            "Estimate over true duration on the reference chip, drawn for each job.",
        ),
        key(
            "at_least",
            number("-", 0.0, 1e6),
            "Smallest ratio; absent: none. With 1 nobody asks for less than the job takes.",
        ),
    ],
);

const OVER_ESTIMATE: Key = key(
    "over_estimate",
    Kind::Choice(&["keep", "kill"], &[]),
    "What becomes of a job that runs beyond its estimate; default `keep`.",
);

const PER_DAY: Key = key("per_day", number("1/d", 0.0, 1e8), "Mean arrivals a day; alone: Poisson.");
const INTERVAL: Key = key("interval", Kind::Table(&LAW_OF_TIME), "Renewal law of the intervals.");
const MODULATED_KEY: Key =
    key("modulated", Kind::Table(&MODULATED), "A rate that changes at random; absent: it does not.");
const PROFILE: Key = key(
    "profile",
    Kind::Numbers(range("-", 0.0, 1e6)),
    "Relative rate by hour of week (168 numbers, Monday 00:00 UTC first) or of day (24); absent: flat.",
);
const SIZES_OF_GANGS: Key = key(
    "chips",
    Kind::IntegerOr(1, MOST_CHIPS_I, &MIX),
    "Gang size, a mix of them, or those between which a gang changes; default 1.",
);

static BATCH: Table = Table {
    rule: Some(rules::stream),
    groups: &[Group { keys: &["per_day", "interval"], required: true }, Group { keys: ONE_PRICE, required: false }],
    noted: true,
    ..table(
        "[labs.X.workloads.Y] kind = \"batch\"",
        "Batch inference: jobs of tokens with a deadline, at rates that the file states until there are replica cards.",
        &[
            KIND,
            POOLS,
            PRICE,
            PRICE_KINDS,
            MAX_SPOT_RATIO,
            PRIORITY,
            CHECKPOINTS,
            RESTART,
            FAILURES,
            VOLUME,
            SPLIT_SPEED,
            PER_DAY,
            INTERVAL,
            MODULATED_KEY,
            PROFILE,
            SIZES_OF_GANGS,
            must("tokens", Kind::Table(&LAW_OF_TOKENS), "Tokens of a job."),
            must(
                "tokens_per_chip_second",
                Kind::Map(Refers::Anything, &number("tokens per chip-second", 1e-6, 1e9)),
                "What a chip of the gang does, by chip: each of its pools' chips.",
            ),
            must("deadline", duration(1e-6), "Time to finish a job in, from its submission."),
        ],
    )
};

static STREAM: Table = Table {
    rule: Some(rules::stream),
    groups: &[
        Group { keys: &["per_day", "interval"], required: true },
        Group { keys: &["work_chip_hours", "duration"], required: true },
        Group { keys: ONE_PRICE, required: false },
    ],
    noted: true,
    ..table(
        "[labs.X.workloads.Y] kind = \"stream\"",
        "A stream of gang jobs.",
        &[
            KIND,
            POOLS,
            PRICE,
            PRICE_KINDS,
            MAX_SPOT_RATIO,
            PRIORITY,
            CHECKPOINTS,
            RESTART,
            FAILURES,
            VOLUME,
            MFU,
            SPLIT_SPEED,
            PER_DAY,
            INTERVAL,
            MODULATED_KEY,
            PROFILE,
            SIZES_OF_GANGS,
            DEADLINE,
            key("work_chip_hours", Kind::Table(&LAW_OF_WORK), "Work of a job in hours of the reference chip."),
            key("duration", Kind::Table(&LAW_OF_TIME), "Time of a job on the reference chip."),
            key(
                "reference_chip",
                Kind::Text,
                "Chip in whose hours work is counted; default the chip of the first pool.",
            ),
            key(
                "speed",
                Kind::Map(Refers::Anything, &number("-", 1e-6, 1e6)),
                "Speed by chip relative to the reference chip.",
            ),
            key(
                "estimate",
                Kind::Table(&ESTIMATE),
                "Users' estimates of durations, for policies that ask; absent: exact, an assumption.",
            ),
            OVER_ESTIMATE,
            later("growth", "growth of demand"),
        ],
    )
};

static TRACE: Table = Table {
    groups: &[Group { keys: ONE_PRICE, required: false }],
    noted: true,
    ..table(
        "[labs.X.workloads.Y] kind = \"trace\"",
        "Jobs from a file.",
        &[
            KIND,
            POOLS,
            PRICE,
            PRICE_KINDS,
            MAX_SPOT_RATIO,
            PRIORITY,
            CHECKPOINTS,
            RESTART,
            FAILURES,
            VOLUME,
            MFU,
            SPLIT_SPEED,
            must(
                "file",
                Kind::Text,
                "Job log, relative to the scenario file; a job's own `priority` is added to the workload's.",
            ),
            key(
                "layout",
                Kind::Choice(&["plain", "philly", "helios", "openb", "swf"], &[]),
                "Layout of the log; default `plain`, a CSV with a header whose times count from the scenario's start. In the others the first job kept is submitted at the start.",
            ),
            key("queue", Kind::Text, "Only the jobs of this queue; default all."),
            key("from", Kind::Date, "Only jobs submitted at or after, by the log's dates."),
            key("until", Kind::Date, "Only jobs submitted before, by the log's dates."),
            key("submit", Kind::Text, "Column of the submission time; default `submit_s`. Layout `plain` only."),
            key("chips", Kind::Text, "Column of the gang size; default `chips`. Layout `plain` only."),
            key("duration", Kind::Text, "Column of the running time; default `duration_s`. Layout `plain` only."),
            key(
                "time_unit",
                Kind::Choice(&["s", "min", "h"], &[]),
                "Unit of both time columns; default `s`. Layout `plain` only.",
            ),
            key(
                "estimate",
                Kind::Text,
                "Column of the user's estimate of the running time; default `estimate_s`, where the file has it; a blank cell: exact. Layout `plain` only.",
            ),
            OVER_ESTIMATE,
            later("scale", "time scaling of traces"),
        ],
    )
};
