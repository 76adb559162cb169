//! Definitions of contracts, investments and bets.

use super::*;

static COMMIT: Table = Table {
    rule: Some(rules::commit),
    noted: true,
    ..table(
        "[contracts.X] commit",
        "Spend commitment.",
        &[
            must("usd", number("USD", 0.0, MOST_USD), "Total."),
            must("years", Kind::Integer(1, 100), "Contract years."),
            key("ramp", Kind::Numbers(range("-", 0.0, 1e9)), "Relative weight of each year; absent: equal."),
        ],
    )
};

const BY_CHIP: Range = range("USD per chip-hour", 0.0, 1e4);
static CONTRACT_PRICE: Table = Table {
    rule: Some(rules::contract_price),
    groups: &[Group { keys: &["ratio", "usd_per_chip_hour"], required: false }],
    noted: true,
    ..table(
        "[contracts.X] price",
        "What a chip-hour costs.",
        &[
            key(
                "ratio_to",
                Kind::Choice(&["on_demand", "committed", "capacity_block"], &[]),
                "Price kind the ratio refers to.",
            ),
            key("ratio", number("-", 0.0, 10.0), "Contract price over that price."),
            key(
                "usd_per_chip_hour",
                Kind::NumberOrMap(BY_CHIP, &Kind::Number(BY_CHIP)),
                "Price for every chip, or by chip.",
            ),
            key(
                "from",
                Kind::Date,
                "From when it holds; default the contract's `start`. What is paid at it before `start` is not drawn.",
            ),
            key(
                "until",
                Kind::Date,
                "Until when it holds; default the end of the last contract year. What is paid at it after that is not drawn.",
            ),
        ],
    )
};

pub(super) static CONTRACT: Table = Table {
    rule: Some(rules::contract),
    ..table(
        "[contracts.X]",
        "Terms between a lab and a cloud.",
        &[
            must("between", Kind::Names(Refers::Party), "The lab and the cloud."),
            must("start", Kind::Date, "First day of the first contract year."),
            key("commit", Kind::Table(&COMMIT), "Spend commitment."),
            key("price", Kind::Table(&CONTRACT_PRICE), "What a chip-hour costs."),
            key("internal", Kind::Bool, "What is paid stays in the group; default false."),
            later("capacity_option", "capacity options"),
            later("credits", "credits"),
            later("serving", "serving"),
            later("revenue_share", "serving"),
            later("minimum_share", "minimum shares"),
            later("termination", "termination terms"),
            later("notice", "termination terms"),
            later("collectability", "labs' cash"),
        ],
    )
};

static TRANCHE: Table = Table {
    rule: Some(rules::tranche),
    groups: &[Group { keys: &["at", "when"], required: true }],
    noted: true,
    ..table(
        "[investments.X] tranches",
        "One payment, dated or conditional.",
        &[
            key("name", Kind::Text, "Name, for paths and draws."),
            must("usd", number("USD", 0.0, MOST_USD), "Amount."),
            key("at", Kind::Date, "Date."),
            key("when", Kind::Text, "A condition; read, listed as not modelled, never paid."),
            key("after", duration(0.0), "Delay after the condition."),
        ],
    )
};

pub(super) static INVESTMENT: Table = table(
    "[investments.X]",
    "Money into a lab.",
    &[
        key("from", Kind::Name(Refers::Cloud), "Who pays; default the only cloud."),
        key("lab", Kind::Name(Refers::Lab), "Lab that receives; default the table's name."),
        must("tranches", Kind::List(&Kind::Table(&TRANCHE)), "Payments."),
        later("stake", "stakes and valuations"),
        later("valuation", "stakes and valuations"),
        later("counterfactual", "stakes and valuations"),
    ],
);

pub(super) static BET: Table = table(
    "[bets.X]",
    "What belongs together.",
    &[
        key("invest", Kind::Names(Refers::Investment), "Investments, as full paths."),
        key("host", Kind::Names(Refers::Contract), "Contracts, as full paths."),
        key("resell", Kind::Names(Refers::Anything), "Models on our router; read, listed as not modelled."),
    ],
);
