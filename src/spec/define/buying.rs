//! Definitions of spot and of capacity blocks: how chips are bought for a while.

use super::*;

pub(super) static SPOT: Table = Table {
    noted: true,
    ..table(
        "[pools.X.prices.spot]",
        "What is left over, at a price that moves, until it is taken back.",
        &[
            key(
                "mean_ratio",
                number("-", 0.0, 2.0),
                "Mean of the process before it is clamped, over the on-demand price; default from the catalog.",
            ),
            key(
                "sd_ratio",
                number("-", 0.0, 2.0),
                "Its standard deviation in the long run; default 0.05, told as an assumption.",
            ),
            key(
                "relaxation",
                duration(1e-3),
                "Time after which e^-1 of a deviation is left; default 7 days, told as an assumption.",
            ),
            key("step", duration(1e-3), "Time between two prices; default 1 day."),
            key("least_ratio", share(), "The price is never below this, over the on-demand price; default 0.1."),
            key("most_ratio", share(), "Nor above this; default 1."),
            key(
                "reclaims_per_node_hour",
                number("1 per node-hour", 0.0, 1e3),
                "How often a node is taken back though it is paid for; default 7e-5, told as an assumption.",
            ),
            key("notice", duration(0.0), "Between the notice and the end; default 2 minutes."),
            key(
                "chips",
                Kind::List(&Kind::Table(&super::supply::DATED_CHIPS)),
                "Chips that spot may hold from a date, before the first none; absent: all that nobody else holds.",
            ),
        ],
    )
};

pub(super) static BLOCK: Table = Table {
    noted: true,
    ..table(
        "[pools.X.blocks.Y]",
        "A capacity block: nodes that a lab has for itself for a while, paid up front.",
        &[
            must("lab", Kind::Name(Refers::Lab), "Who buys it."),
            must("at", Kind::Date, "When it begins."),
            must("length", duration(1e-3), "How long it lasts."),
            must("nodes", Kind::Integer(0, MOST_CHIPS_I), "Nodes; 0: it is not bought."),
            key("booked", Kind::Date, "When it is bought and paid, at the price of that day; default when it begins."),
            key(
                "terms",
                Kind::Choice(&["aws", "free"], &[]),
                "Whose published rules it follows; `free`: none; default `aws`.",
            ),
            key(
                "stopped_before",
                duration(0.0),
                "How long before its end nothing may run any more, terms `free` only; default none.",
            ),
            key("warning", duration(0.0), "How long before that jobs are told, terms `free` only; default none."),
        ],
    )
};
