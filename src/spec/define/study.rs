//! Definitions of the root, `[scenario]`, `[run]`, strategies, futures, factors and the initial state.

use super::*;

/// The whole file.
pub(in crate::spec) static ROOT: Table = table(
    "the file",
    "A scenario: one world, the strategies and futures to compare, and how often to play.",
    &[
        key("extends", Kind::Extends, "A file, or several, that this one changes; relative to this file."),
        must("scenario", Kind::Table(&SCENARIO), "Name, question and dates."),
        key("run", Kind::Table(&RUN), "How the study is run."),
        key("clouds", Kind::Map(Refers::Anything, &Kind::Table(&supply::CLOUD)), "Cloud providers."),
        key("sites", Kind::Map(Refers::Anything, &Kind::Table(&supply::SITE)), "Places with power."),
        key(
            "regions",
            Kind::Map(Refers::Anything, &Kind::Table(&failures::REGION)),
            "What befalls all sites of a region.",
        ),
        key("pools", Kind::Map(Refers::Anything, &Kind::Table(&supply::POOL)), "Nodes of one instance type at a site."),
        key("labs", Kind::Map(Refers::Anything, &Kind::Table(&demand::LAB)), "Buyers of compute and their work."),
        key(
            "contracts",
            Kind::Map(Refers::Anything, &Kind::Table(&money::CONTRACT)),
            "Terms between a lab and a cloud.",
        ),
        key("investments", Kind::Map(Refers::Anything, &Kind::Table(&money::INVESTMENT)), "Money into labs."),
        key(
            "bets",
            Kind::Map(Refers::Anything, &Kind::Table(&money::BET)),
            "What belongs together, to be switched as one.",
        ),
        key(
            "strategies",
            Kind::Map(Refers::Anything, &Kind::Table(&STRATEGY)),
            "Choices of ours; none: one named `base`.",
        ),
        key(
            "futures",
            Kind::Map(Refers::Anything, &Kind::Table(&FUTURE)),
            "Conditions that are not our choice; none: one named `base`.",
        ),
        key(
            "factors",
            Kind::Map(Refers::Anything, &Kind::Text),
            "Common factors that unknowns load on: name = description.",
        ),
        key("initial", Kind::Table(&INITIAL), "The state at the start."),
        later("segments", "the market"),
        later("market", "the market"),
        later("router", "the market"),
        later("shocks", "shocks"),
        later("assert", "asserts"),
        later("sweep", "sweeps"),
    ],
);

static SCENARIO: Table = Table {
    rule: Some(rules::scenario),
    ..table(
        "[scenario]",
        "What the file asks, and over which time.",
        &[
            key("name", Kind::Text, "Name of the output folder: letters, digits, `-`, `_`; default the file's name."),
            key("title", Kind::Text, "Headline."),
            key("question", Kind::Text, "The question the file answers."),
            must("start", Kind::Date, "First instant."),
            must("end", Kind::Date, "Last instant."),
            key("decide_at", Kind::Date, "Strategies may differ only after this."),
            key("analysis", Kind::Choice(&["terminating", "steady"], &[]), "Kind of question; default `terminating`."),
            key("warm_up", duration(0.0), "Deleted from the start of a steady analysis."),
            key("spin_up", duration(0.0), "Simulated before the start to fill queues."),
        ],
    )
};

static RUN: Table = table(
    "[run]",
    "How the study is run.",
    &[
        key("draws", Kind::Integer(1, 1_000_000), "Draws of what is not known; default 1."),
        key("replications", Kind::Integer(1, 1_000_000), "Plays of chance within each draw; default 1."),
        key("seed", Kind::Integer(0, i64::MAX), "Study seed; default 1."),
        key(
            "tick",
            duration(1.0 / 3600.0),
            "Step of all services, which it must divide the day for; also the threshold between sampled failures and goodput; default 1h.",
        ),
        key(
            "failures",
            Kind::Choice(&["auto", "sampled", "goodput", "off"], &[]),
            "How failures are played; default `auto`.",
        ),
        key(
            "fleet",
            Kind::Choice(&["sized", "same"], &[]),
            "Whether a strategy without a bet's host cancels the deliveries built for it.",
        ),
        key("jobs", Kind::Bool, "Write jobs.csv; default false."),
        key(
            "ticks",
            Kind::Bool,
            "Write services.csv and pools_by_tick.csv tick by tick, of draw 0 and replication 0 of each cell; default false.",
        ),
        key(
            "model_error_windows",
            Kind::Integer(0, 100_000),
            "Ticks of draw 0 and replication 0 of each cell that are played again request by request: column `model_error` of summary.csv, and model_error.csv; about 3 s of one core each; default 0, none.",
        ),
    ],
);

static STRATEGY: Table = table(
    "[strategies.X]",
    "A choice: bets left out, leaves changed.",
    &[
        key(
            "without",
            Kind::Names(Refers::BetPart),
            "Bets, or parts of bets (`openai.invest`), switched off at `decide_at`.",
        ),
        key(
            "set",
            Kind::Set,
            "Leaves changed: `{ \"pools.x.guaranteed.lab.start.chips\" = 512 }`. With `decide_at` from then on: volumes, guaranteed and reserved chips, prices and their steps.",
        ),
        later("priority", "strategies with levers of their own"),
    ],
);

static FUTURE: Table = table(
    "[futures.X]",
    "A condition: leaves changed from the start.",
    &[
        key("set", Kind::Set, "Leaves changed: `{ \"pools.x.slip\" = \"3mo\" }`."),
        later("weight", "weights of futures"),
    ],
);

static INITIAL: Table = Table {
    noted: true,
    ..table(
        "[initial]",
        "What stands, runs and is owned at the start.",
        &[
            key(
                "fleet",
                Kind::Map(Refers::Pool, &Kind::List(&Kind::Table(&VINTAGE))),
                "Vintages of what stands at the start, by pool.",
            ),
            key("campaigns", Kind::Map(Refers::Anything, &Kind::Table(&RUNNING)), "Campaigns that run at the start."),
            key("cash", Kind::Map(Refers::Party, &number("USD", -1e14, 1e14)), "Opening cash by party."),
            later("shares", "the market"),
            later("contracts", "contracts drawn to date"),
        ],
    )
};

static VINTAGE: Table = Table {
    groups: &[Group { keys: SIZES, required: true }],
    noted: true,
    ..table(
        "[initial.fleet] vintage",
        "Nodes that entered service together.",
        &[
            key("name", Kind::Text, "Name, for paths."),
            must("in_service", Kind::Date, "When they entered service."),
            SIZE_NODES,
            SIZE_CHIPS,
            SIZE_MW,
            SIZE_USD,
        ],
    )
};

static RUNNING: Table = Table {
    noted: true,
    ..table(
        "[initial.campaigns.X]",
        "A campaign that runs at the start.",
        &[
            must("workload", Kind::Name(Refers::Workload), "Full path of its workload, `labs.X.workloads.Y`."),
            must("age", duration(0.0), "How long it has been running."),
        ],
    )
};
