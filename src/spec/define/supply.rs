//! Definitions of clouds, sites and pools.

use super::*;

pub(super) static CLOUD: Table = Table {
    noted: true,
    ..table(
        "[clouds.X]",
        "A cloud provider.",
        &[
            key("discount_rate", number("1/y", -0.5, 1.0), "Effective annual discount rate."),
            key(
                "at_end",
                Kind::Choice(&["none", "book"], &[("going_concern", "the going-concern terminal value")]),
                "What is left counts as nothing or, the default, at book value.",
            ),
            later("modelled", "the market"),
            later("router", "the market"),
            later("rest_of_business", "the rest of the cloud's business"),
        ],
    )
};

static MEGAWATTS: Table = Table {
    noted: true,
    ..table(
        "[sites.X] mw",
        "Megawatts from a date.",
        &[
            key("name", Kind::Text, "Name, for paths."),
            must("at", Kind::Date, "From when."),
            must("mw", number("MW at the meter", 0.0, MOST_MW), "Megawatts at the meter."),
        ],
    )
};

pub(super) static SITE: Table = Table {
    noted: true,
    ..table(
        "[sites.X]",
        "A place with power; its pools share it.",
        &[
            must("cloud", Kind::Name(Refers::Cloud), "Cloud that owns it."),
            key("region", Kind::Text, "Region, e.g. `us-east-2`: key of regional prices and a concentration axis."),
            key("pue", number("-", 1.0, 10.0), "Power usage effectiveness."),
            key("mw", Kind::List(&Kind::Table(&MEGAWATTS)), "Megawatts over time."),
            key("power_usd_per_mwh", number("USD/MWh", 0.0, 1e5), "Electricity."),
            key(
                "facility_usd_per_mw_year",
                number("USD per MW at the meter and year", 0.0, 1e9),
                "Shell, mechanical and electrical.",
            ),
            key(
                "operations_usd_per_mw_year",
                number("USD per MW at the meter and year", 0.0, 1e9),
                "Staff, maintenance, network.",
            ),
            key("escalator_per_year", number("1/y", -0.5, 1.0), "Yearly rise of the three, each 1 January."),
            key(
                "outages",
                Kind::Map(Refers::Anything, &Kind::Table(&failures::OUTAGE)),
                "Outages of all its pools, by name.",
            ),
        ],
    )
};

static DELIVERY: Table = Table {
    rule: Some(rules::delivery),
    groups: &[Group { keys: SIZES, required: true }],
    noted: true,
    ..table(
        "[pools.X] deliveries",
        "What comes later.",
        &[
            key("name", Kind::Text, "Name, for paths and draws."),
            must("at", Kind::Date, "When it comes, before slip."),
            key("ordered", Kind::Date, "When it is ordered; default `at` less the lead."),
            SIZE_NODES,
            SIZE_CHIPS,
            SIZE_MW,
            SIZE_USD,
            key("deposit", share(), "Share paid at order; default 0.3."),
            key("cancel_fee", share(), "Share of the price paid when cancelled after ordering; default 0."),
            key("for_bet", Kind::Name(Refers::Bet), "Bet it is built for."),
        ],
    )
};

static RETIREMENT: Table = Table {
    groups: &[Group { keys: SIZES, required: true }],
    noted: true,
    ..table(
        "[pools.X] retirements",
        "What goes.",
        &[
            key("name", Kind::Text, "Name, for paths."),
            must("at", Kind::Date, "When it goes."),
            SIZE_NODES,
            SIZE_CHIPS,
            SIZE_MW,
            SIZE_USD,
        ],
    )
};

static LAS: Table = table(
    "las",
    "Levels of attained service.",
    &[
        key(
            "levels_chip_hours",
            Kind::Numbers(range("chip-hours", 0.0, 1e12)),
            "Attained service at which a job falls to the next level, ascending; absent: one level.",
        ),
        key("quantum", duration(1e-6), "Turn of a job within its level; absent: until it leaves the level."),
    ],
);

static OVERFLOW: Table = table(
    "overflow",
    "What becomes of jobs that have waited for long; campaigns stay.",
    &[
        must(
            "after",
            duration(0.0),
            "How long a job waits, anew when it is taken off or fails; 0: not at all, and who is taken off or fails stays in its queue.",
        ),
        key(
            "to",
            Kind::Name(Refers::Pool),
            "The pool it may go to as well: an `unlimited` one takes it at once, one of the same `domain` when there is room; default its own pools, at another price.",
        ),
        key(
            "price",
            Kind::Choice(&["on_demand", "committed", "capacity_block", "spot"], &[]),
            "What it pays there; default `on_demand`.",
        ),
    ],
);

static SCHEDULE: Table = table(
    "[pools.X] schedule",
    "Scheduling rules; `list policies` says what each does and which go together.",
    &[
        key(
            "order",
            Kind::Choice(&["fifo", "sjf", "srtf", "priority", "las", "fair_share"], &[]),
            "Who goes first; default `fifo`.",
        ),
        key(
            "backfill",
            Kind::Choice(&["strict", "skip_ahead", "easy", "conservative"], &[]),
            "Who may overtake; default `strict`.",
        ),
        key("preemption", Kind::Choice(&["off", "class", "order_key"], &[]), "Who is taken off; default `off`."),
        key(
            "yield",
            Kind::Choice(&["graceful", "abrupt"], &[]),
            "A job that is taken off writes a checkpoint first and loses nothing, or loses what it did since the last; default `graceful`.",
        ),
        key(
            "victim",
            Kind::Choice(&["least_lost", "hash"], &[]),
            "Who goes first of those that may be taken off under `class`, which `hash` needs; default `least_lost`: the lowest priority, then the least chip-time lost, then the latest.",
        ),
        key(
            "notice",
            duration(0.0),
            "Within which borrowed chips come back, saved or not; absent: as long as saving takes.",
        ),
        key(
            "lend_overhead",
            number("-", 1e-6, 1.0),
            "Loading and saving of a borrower over the shortest lease: idle guaranteed chips are lent once they were idle for (restart + checkpoint) / this, of the dearest workload of the domain; default 0.05.",
        ),
        key(
            "lend_margin",
            share(),
            "Share of a pool's chips that stays with their owner though idle: only what is idle beyond it is lent, and nobody is taken off before the owner needs more than it, so that its demand may move by as much and nothing is lent or taken back; default 0.05.",
        ),
        key(
            "serving_lease",
            duration(0.0),
            "Chips that a tenant's services do not need are lent to its gangs only if the forecast leaves them for so long; default (restart + checkpoint) / lend_overhead of its dearest workload in the domain, 0: for any time.",
        ),
        key(
            "serving_margin",
            share(),
            "Share of a pool's chips that its services keep beyond what they are forecast to need before gangs start, so that small moves of the demand take nobody off; default 0.05, and 0 without a lease.",
        ),
        key(
            "placement",
            Kind::Choice(&["first_fit", "best_fit", "spread", "whole_node", "ultraserver", "split"], &[]),
            "Where it goes; default `first_fit`. `whole_node` wants nodes of one size in the domain.",
        ),
        key(
            "pool_choice",
            Kind::Choice(&["in_order", "cheapest_feasible", "fastest", "least_loaded", "throughput_matrix"], &[]),
            "Which of a workload's pools it gets, of those with room; default `in_order`.",
        ),
        key("oracle", Kind::Bool, "Policies see true durations instead of estimates; default false."),
        key("las", Kind::Table(&LAS), "Levels and turns of order `las`, which needs them."),
        key(
            "weights",
            Kind::Map(Refers::Lab, &number("-", 1e-6, 1e6)),
            "Weights of labs under order `fair_share`; default 1 each.",
        ),
        key("plan_depth", Kind::Integer(1, 100_000), "Jobs that backfill `conservative` plans for; default 100."),
        key(
            "queue_limit",
            Kind::Integer(0, MOST_CHIPS_I),
            "Jobs that may wait; one more is refused and counted; absent: no limit.",
        ),
        key(
            "resize_every",
            duration(1e-3),
            "Elastic gangs change their size at whole multiples of this from the scenario's start; default 1 h.",
        ),
        key("overflow", Kind::Table(&OVERFLOW), "Where jobs go that have waited for long."),
    ],
);

static PRICE_STEP: Table = Table {
    groups: &[Group { keys: &["times", "usd_per_chip_hour"], required: true }],
    noted: true,
    ..table(
        "[pools.X.prices.KIND] steps",
        "A change of a price.",
        &[
            key("name", Kind::Text, "Name, for paths and draws."),
            must("at", Kind::Date, "When."),
            key("times", number("-", 0.0, 1e3), "The price before is multiplied by this."),
            key("usd_per_chip_hour", number("USD per chip-hour", 0.0, 1e4), "The price becomes this."),
        ],
    )
};

static PRICE: Table = Table {
    noted: true,
    ..table(
        "[pools.X.prices.KIND]",
        "A price and its changes.",
        &[
            key("usd_per_chip_hour", number("USD per chip-hour", 0.0, 1e4), "Base price; default from the catalog."),
            key("steps", Kind::List(&Kind::Table(&PRICE_STEP)), "Changes."),
            later("drift", "price drift"),
        ],
    )
};

static PRICES: Table = table(
    "[pools.X.prices]",
    "Prices by kind.",
    &[
        key("on_demand", Kind::Table(&PRICE), "By the hour."),
        key("committed", Kind::Table(&PRICE), "With a commitment."),
        key("capacity_block", Kind::Table(&PRICE), "Booked ahead in blocks."),
        key("spot", Kind::Table(&buying::SPOT), "What is left over, until it is taken back."),
    ],
);

pub(super) static DATED_CHIPS: Table = Table {
    noted: true,
    ..table(
        "dated chips",
        "Chips from a date.",
        &[
            key("name", Kind::Text, "Name, for paths."),
            must("at", Kind::Date, "From when."),
            must("chips", number("chips", 0.0, MOST_CHIPS), "Chips."),
        ],
    )
};

pub(super) static POOL: Table = Table {
    groups: &[Group { keys: SIZES, required: false }],
    noted: true,
    ..table(
        "[pools.X]",
        "Nodes of one instance type at a site; without `instance` an abstract pool for queueing studies.",
        &[
            key("site", Kind::Name(Refers::Site), "Site."),
            key("instance", Kind::Text, "Instance type of the catalog."),
            key("chips_per_node", Kind::Integer(1, 100_000), "Chips on a node, abstract pools only."),
            SIZE_NODES,
            SIZE_CHIPS,
            SIZE_MW,
            SIZE_USD,
            key("deliveries", Kind::List(&Kind::Table(&DELIVERY)), "What comes later."),
            key("retirements", Kind::List(&Kind::Table(&RETIREMENT)), "What goes."),
            key("slip", duration(0.0), "Delay of every delivery due after `decide_at`; default none."),
            key(
                "ultraserver_nodes",
                Kind::Integer(1, 100_000),
                "Nodes that share one scale-up network, for placement `ultraserver`; default 1.",
            ),
            key(
                "unlimited",
                Kind::Bool,
                "A cloud without limit, where jobs overflow to: it has no size and no queue; default false.",
            ),
            key("schedule", Kind::Table(&SCHEDULE), "Scheduling rules; pools of one `domain` have one."),
            key(
                "domain",
                Kind::Text,
                "Pools that share a scheduler name the same domain; default the pool's own name.",
            ),
            key("prices", Kind::Table(&PRICES), "Prices by kind."),
            key(
                "reserved_busy",
                share(),
                "Share of reserved chips at work, for power; default 1, told as an assumption.",
            ),
            key(
                "failures_per_chip_hour",
                number("1 per chip-hour", 0.0, 1.0),
                "Failures that stop a gang; default from the catalog.",
            ),
            key(
                "causes",
                Kind::Map(Refers::Anything, &Kind::Table(&failures::CAUSE)),
                "Causes of failure, by name: each with a rate of its own, or a share of `failures_per_chip_hour`; absent: one cause.",
            ),
            key(
                "causes_of",
                Kind::Text,
                "Chip of the catalog whose causes of failure hold here, by their shares of this pool's rate; `list causes` shows them.",
            ),
            key("repair", Kind::Table(&failures::REPAIR), "Repair of a failed node; absent: at once."),
            key(
                "cost_usd_per_chip",
                number("USD", 0.0, 1e8),
                "Purchase cost of a chip with its share of the server; default from the catalog.",
            ),
            key("lead", duration(0.0), "From order to delivery; default from the catalog."),
            key(
                "useful_life_years",
                number("y", 0.1, 100.0),
                "Straight-line life for the books; default from the catalog.",
            ),
            key("tdp_w", number("W", 0.0, 1e6), "Chip power; default from the catalog."),
            key("host_overhead", number("-", 1.0, 10.0), "Server power over chips' TDP; default from the catalog."),
            key("idle_power_share", share(), "Power of an idle chip over its TDP; default from the catalog."),
            key(
                "guaranteed",
                Kind::Map(Refers::Lab, &Kind::List(&Kind::Table(&DATED_CHIPS))),
                "Guaranteed chips by lab.",
            ),
            key(
                "reserved",
                Kind::Map(Refers::Lab, &Kind::List(&Kind::Table(&DATED_CHIPS))),
                "Reserved chips by lab: billed, not simulated.",
            ),
            key(
                "borrowable",
                Kind::Map(Refers::Lab, &Kind::List(&Kind::Table(&DATED_CHIPS))),
                "Idle guaranteed chips others may use, by lab.",
            ),
            key("blocks", Kind::Map(Refers::Anything, &Kind::Table(&buying::BLOCK)), "Capacity blocks, by name."),
            later("build", "build rules"),
            key("spares", Kind::Table(&failures::SPARES), "Nodes that stand by for failed ones; absent: none."),
            key(
                "rack_nodes",
                Kind::Integer(1, 100_000),
                "Nodes in a rack, which fail together: rack 0 holds the first nodes that entered service; default `ultraserver_nodes`, else the scale-up domain of the catalog.",
            ),
            key(
                "outages",
                Kind::Map(Refers::Anything, &Kind::Table(&failures::OUTAGE)),
                "Outages of the whole pool or of a rack, by name.",
            ),
            key(
                "maintenance",
                Kind::Map(Refers::Anything, &Kind::Table(&failures::MAINTENANCE)),
                "Planned maintenance, by name.",
            ),
        ],
    )
};
