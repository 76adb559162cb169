//! Definitions of what fails: causes, repair, spares, outages, maintenance, regions.

use super::*;

pub(super) static REGION: Table = table(
    "[regions.X]",
    "A region by the name that its sites state.",
    &[key(
        "outages",
        Kind::Map(Refers::Anything, &Kind::Table(&OUTAGE)),
        "Outages of all pools of its sites, by name.",
    )],
);

pub(super) static OUTAGE: Table = Table {
    groups: &[
        Group { keys: &["at", "per_year"], required: true },
        Group { keys: &["rack", "each_rack"], required: false },
    ],
    ..table(
        "outages",
        "A rack, a whole pool, or all pools of a site or region are down: gangs there fail, nodes return at the end.",
        &[
            key("at", Kind::Date, "When."),
            key("per_year", number("1/y", 0.0, 1e4), "Mean number a year, by chance, keyed by the place."),
            must("duration", duration(1e-6), "How long."),
            key("rack", Kind::Integer(0, MOST_CHIPS_I), "Pools only: this rack alone, counted from 0."),
            key("each_rack", Kind::Bool, "Pools only: each rack has `per_year` of its own; default false."),
        ],
    )
};

pub(super) static MAINTENANCE: Table = table(
    "maintenance",
    "Nodes are away for a while; who is there then saves and leaves first.",
    &[
        must("at", Kind::Date, "When the nodes go."),
        key("drain", duration(0.0), "How long before nothing starts any more; default not at all."),
        must("duration", duration(1e-6), "How long they are away."),
    ],
);

pub(super) static REPAIR: Table = Table {
    noted: true,
    ..table(
        "[pools.X] repair",
        "Repair of failed nodes.",
        &[
            must("time", Kind::Table(&LAW_OF_TIME), "Time of one repair."),
            key("crews", Kind::Integer(1, 1_000_000), "Repairs at once; absent: no limit."),
        ],
    )
};

pub(super) static CAUSE: Table = Table {
    groups: &[Group { keys: &["per_chip_hour", "share"], required: true }],
    noted: true,
    ..table(
        "[pools.X.causes.Y]",
        "A cause of failure of gangs.",
        &[
            key("per_chip_hour", number("1 per chip-hour", 0.0, 1.0), "Failures by this cause."),
            key("share", share(), "Its share of the pool's `failures_per_chip_hour`; shares add up to 1."),
            key(
                "takes",
                Kind::Choice(&["job", "node", "rack"], &[]),
                "What goes down: nothing but the gang, the node it fails on, or that node's rack with every gang there; default `node`.",
            ),
            key("repair", Kind::Table(&LAW_OF_TIME), "Time of its repair; default the pool's `repair`."),
        ],
    )
};

pub(super) static SPARES: Table = table(
    "[pools.X] spares",
    "Nodes of the pool that stand by: nobody gets them while the others are up.",
    &[
        must("nodes", Kind::Integer(1, MOST_CHIPS_I), "How many of the pool's nodes."),
        key("after", duration(0.0), "From a node going down to a spare in its place; default at once (hot spares)."),
    ],
);
