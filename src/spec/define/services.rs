//! Definition of services: what a lab serves, for whom, on what.

use super::*;

const MOST_RATE: f64 = 1e15;

static MEASURED: Table = Table {
    groups: &[Group { keys: &["output_tokens_per_second", "step"], required: true }],
    noted: true,
    ..table(
        "replica.measured",
        "What somebody measured of a replica of the model: a saturated rate, or the time of a decode step. The card takes it.",
        &[
            key("chip", Kind::Text, "Chip or instance it was measured on; absent: those of all pools of the service."),
            key("chips", Kind::Integer(1, MOST_CHIPS_I), "Chips of that replica; absent: as many as of the service's."),
            key(
                "input_tokens",
                number("tokens", 1.0, 1e9),
                "Input of the requests that were measured; default that of the demand.",
            ),
            key(
                "output_tokens",
                number("tokens", 1.0, 1e9),
                "Output of the requests that were measured; default that of the demand.",
            ),
            key(
                "output_tokens_per_second",
                number("tokens/s", 1e-9, MOST_RATE),
                "Output tokens of the whole replica where more than enough requests wait.",
            ),
            key("step", duration(0.0), "Time of a step in which `batch` requests decode and no prompt is read."),
            key("batch", Kind::Integer(1, 1_000_000), "Requests that decoded in `step`; default 1."),
            key(
                "context_tokens",
                number("tokens", 1.0, 1e9),
                "Context of each of them; default the input and half the output.",
            ),
        ],
    )
};

static REPLICA: Table = Table {
    noted: true,
    ..table(
        "[labs.X.services.Y] replica",
        "One copy of the model: its measured rates, what it does when it does nothing else, or what its card is made of. One number for all pools, or by chip or instance.",
        &[
            key(
                "chips",
                Kind::NumberOrMap(range("chips", 1.0, 1e6), &number("chips", 1.0, 1e6)),
                "Chips of a replica, a whole number; of a card the fewest, a power of two, that hold the model.",
            ),
            key(
                "prefill_tokens_per_second",
                Kind::NumberOrMap(range("tokens/s", 1e-9, MOST_RATE), &number("tokens/s", 1e-9, MOST_RATE)),
                "Input tokens that it reads; neither this nor the next: by the card of `model` on the pool's chip.",
            ),
            key(
                "decode_tokens_per_second",
                Kind::NumberOrMap(range("tokens/s", 1e-9, MOST_RATE), &number("tokens/s", 1e-9, MOST_RATE)),
                "Output tokens that it writes.",
            ),
            key(
                "precision",
                Kind::Choice(&["bf16", "fp8", "fp4"], &[]),
                "Format of the weights of a card; default fp8 where the chip has a peak for it, else bf16.",
            ),
            key("cache_hit", number("-", 0.0, 0.999), "Share of prompts that a card's prefix cache has; default 0."),
            key(
                "software",
                Kind::Text,
                "Date of a card's serving software, `2025-06`; default that of the fitted rows.",
            ),
            key(
                "measured",
                Kind::List(&Kind::Table(&MEASURED)),
                "Measured points, which a card takes in place of what it computes; at their lengths it is `measured`.",
            ),
        ],
    )
};

static GROWTH: Table = Table {
    noted: true,
    ..table(
        "demand.growth",
        "Growth of a demand from the scenario's start on.",
        &[
            must("multiple_per_year", number("-", 1e-3, 1e3), "Demand of a year over that of the year before."),
            key(
                "ceiling_multiple",
                number("-", 1.0, 1e9),
                "Demand never exceeds this multiple of the first: a logistic curve with the same growth at the start.",
            ),
        ],
    )
};

static NOISE: Table = Table {
    noted: true,
    ..table(
        "demand.noise",
        "Lognormal factors of mean 1, one for each tick.",
        &[
            key("sd", number("-", 0.0, 5.0), "Standard deviation of the logarithm, of its own; default 0."),
            key("common_sd", number("-", 0.0, 5.0), "The same of the factor that all services share; default 0."),
        ],
    )
};

static CLIENT: Table = Table {
    noted: true,
    ..table(
        "demand.clients",
        "A client of the service, with bursts of its own.",
        &[
            key("name", Kind::Text, "Name, for paths."),
            must("share", number("-", 0.0, 1e9), "Relative weight of its requests."),
            must("idc", number("-", 0.0, 1e9), "Index of dispersion of its counts over `burst_window`."),
        ],
    )
};

static POPULATION: Table = Table {
    noted: true,
    ..table(
        "demand.population",
        "Many clients by their number: the k-th has a share proportional to k^-zipf, and all are alike but for that.",
        &[
            must("clients", Kind::Integer(1, 1_000_000), "How many."),
            key("zipf", number("-", 0.0, 10.0), "Exponent of their shares; 0 makes them equal; default 1.1."),
            key(
                "idc",
                number("-", 0.0, 1e9),
                "Index of dispersion of each client's counts over `burst_window` whatever its rate; default 1, a Poisson process.",
            ),
            key(
                "cv",
                number("-", 0.0, 100.0),
                "Coefficient of variation of each client's rate over `burst_window`, of its own; default 0.",
            ),
        ],
    )
};

static DEMAND: Table = Table {
    groups: &[
        Group { keys: &["tokens_per_second", "requests_per_second"], required: true },
        Group { keys: &["profile", "profile_points", "points"], required: false },
        Group { keys: &["idc", "clients", "population"], required: false },
    ],
    noted: true,
    ..table(
        "[labs.X.services.Y] demand",
        "Tokens that interactive users ask for; who waits too long leaves.",
        &[
            key("tokens_per_second", number("tokens/s", 1e-9, MOST_RATE), "Mean at the start, input and output."),
            key("requests_per_second", number("requests/s", 1e-9, MOST_RATE), "Mean at the start."),
            must("input_tokens", number("tokens", 0.0, 1e9), "Mean input of a request."),
            must(
                "output_tokens",
                number("tokens", 0.0, 1e9),
                "Mean output of a request; 0: prompts are only read (embeddings, scores), their tokens are all that counts, a card is made for one token of output, and `slo.tpot` and `tier = \"request\"` are refused.",
            ),
            key("growth", Kind::Table(&GROWTH), "Growth; absent: none."),
            key("profile", Kind::Text, "A week of the catalog (`list profiles`), mean 1."),
            key(
                "profile_points",
                Kind::Numbers(range("-", 0.0, 1e9)),
                "Relative demand at the middles of equal parts of `period`, which repeats; scaled to mean 1.",
            ),
            key(
                "period",
                Kind::Choice(&["day", "week"], &[]),
                "Period of `profile_points`, from 00:00 UTC (of Monday); default `week`.",
            ),
            key(
                "points",
                Kind::Numbers(range("-", 0.0, 1e9)),
                "Demand over its level at the middles of steps of `every` from the start, once; the last one stays. No forecast by profile knows them.",
            ),
            key("every", duration(1.0 / 3600.0), "Step of `points`; default the tick."),
            key(
                "between",
                Kind::Choice(&["linear", "steps"], &[]),
                "Straight lines between middles, or the same throughout each step; default `linear`.",
            ),
            key("noise", Kind::Table(&NOISE), "Noise; absent: none."),
            key(
                "idc",
                number("-", 0.0, 1e9),
                "Index of dispersion of the requests' counts over `burst_window`; default 1.",
            ),
            key("clients", Kind::List(&Kind::Table(&CLIENT)), "Its clients, whose bursts make its own."),
            key("population", Kind::Table(&POPULATION), "Its clients by number and law, whose bursts make its own."),
            key(
                "common_cv",
                number("-", 0.0, 100.0),
                "Coefficient of variation, over `burst_window`, of the factor that moves the rates of all its clients together, and does not average out; default 0.",
            ),
        ],
    )
};

static DEFERRABLE: Table = Table {
    noted: true,
    ..table(
        "[labs.X.services.Y] deferrable",
        "Work that may wait until its deadline: the only backlog of a service.",
        &[
            must("tokens_per_second", number("tokens/s", 1e-9, MOST_RATE), "Mean at the start; grows with the demand."),
            must("deadline", duration(1.0 / 3600.0), "From a tick's end to when what it brought expires; whole ticks."),
        ],
    )
};

static SLO: Table = table(
    "[labs.X.services.Y] slo",
    "What was promised: attainment is read from the table of admission.",
    &[key("ttft", duration(0.0), "Time to the first token."), key("tpot", duration(0.0), "Time per output token.")],
);

static FORECAST: Table = Table {
    groups: &[Group { keys: &["points", "half_life"], required: false }],
    noted: true,
    ..table(
        "[labs.X.services.Y] forecast",
        "What is planned by: a path, or the profile times a level learned from the ticks before.",
        &[
            key(
                "points",
                Kind::Numbers(range("-", 0.0, 1e9)),
                "Forecast over the demand's level, tick by tick; the last stays.",
            ),
            key("half_life", duration(1.0 / 3600.0), "Half-life of the level learned; default 6h."),
        ],
    )
};

static AUTOSCALER: Table = Table {
    noted: true,
    ..table(
        "[labs.X.services.Y] autoscaler",
        "How many replicas are planned for the next tick.",
        &[
            key("target", number("-", 1e-3, 1.0), "Load that is planned for, at the forecast peak; default 0.8."),
            key("headroom", number("-", 0.0, 100.0), "More than the forecast, as a share of it; default 0."),
            key(
                "burst_sds",
                number("-", 0.0, 100.0),
                "Headroom for bursts: so many standard deviations of the count over `burst_window`; default 0.",
            ),
            key("burst_window", duration(1.0 / 3600.0), "Window of bursts; default 60s."),
            key(
                "cool_down",
                duration(0.0),
                "No replica goes so long after the last plan that wanted as many; default 0.",
            ),
            key("min", Kind::Integer(0, MOST_CHIPS_I), "Fewest replicas: the floor that is never given up; default 1."),
            key("max", Kind::Integer(1, MOST_CHIPS_I), "Most replicas; absent: what its pools hold."),
            key("max_step", Kind::Integer(1, MOST_CHIPS_I), "Most replicas added for a tick; absent: any number."),
            key("warm", Kind::Integer(0, MOST_CHIPS_I), "Replicas kept ready beyond the plan; default 0."),
            key(
                "whole_nodes",
                Kind::Bool,
                "Replicas come and go by whole nodes, as instances are rented: each pool's plan is rounded up to them, `max` and `max_step` included; default false.",
            ),
            key("start_up", duration(0.0), "From the order of a replica to its first token; default none."),
        ],
    )
};

static TOKEN_PRICE: Table = Table {
    noted: true,
    ..table(
        "[labs.X.services.Y] token_price",
        "What users pay, USD per million tokens: values what is served, moves no money yet.",
        &[
            must("input", number("USD per million", 0.0, 1e9), "Input tokens."),
            must("output", number("USD per million", 0.0, 1e9), "Output tokens."),
        ],
    )
};

pub(super) static SERVICE: Table = Table {
    noted: true,
    ..table(
        "[labs.X.services.Y]",
        "A model's endpoint: replicas that are planned tick by tick for a demand through time.",
        &[
            key(
                "model",
                Kind::Text,
                "The AI model behind it; its replicas are by their card where no rates are stated (`list architectures`).",
            ),
            must(
                "pools",
                Kind::Names(Refers::Pool),
                "Pools that it may run on, in order of preference; of any domains.",
            ),
            key(
                "pool_choice",
                Kind::Choice(&["in_order", "cheapest"], &[]),
                "Which of them fills first; `cheapest`: by price per token; default `in_order`.",
            ),
            key(
                "price",
                Kind::Choice(&["on_demand", "committed", "contract"], &[]),
                "Price kind; default `contract` when the lab has one, else `on_demand`.",
            ),
            key(
                "priority",
                Kind::Integer(-1_000_000, 1_000_000),
                "Of a lab's services the larger plans first, then by name; default 0.",
            ),
            key("replica", Kind::Table(&REPLICA), "A copy of the model; absent: by the card of `model`."),
            must("demand", Kind::Table(&DEMAND), "Demand."),
            key("deferrable", Kind::Table(&DEFERRABLE), "Work that may wait; absent: none."),
            key(
                "admission",
                Kind::Choice(&["table", "bound"], &[]),
                "What a load sheds: by the table measured on the request tier, or only what no server could serve; default `table` for cards, `bound` for stated rates.",
            ),
            key(
                "tier",
                Kind::Choice(&["fluid", "request", "auto"], &[]),
                "Who says what becomes of its requests: `fluid`, the table or the bound; `request`, each tick played request by request; `auto`, played where the table is least to be believed (fewer than 5 replicas or a peak load above 0.9, and at most 100,000 requests a tick, 2e8 in a run); default `fluid`.",
            ),
            key("slo", Kind::Table(&SLO), "Promises."),
            key(
                "second_choice",
                Kind::Text,
                "Full path of the service that is asked once for what this one sheds, `labs.X.services.Z`; absent: it is lost.",
            ),
            key(
                "accepts_up_to",
                share(),
                "Load up to which it takes what others shed, and work that may wait; default 1.",
            ),
            key("forecast", Kind::Table(&FORECAST), "Forecast; default by profile and level."),
            key("autoscaler", Kind::Table(&AUTOSCALER), "Plan."),
            key("token_price", Kind::Table(&TOKEN_PRICE), "Price of its tokens; absent: their value is not told."),
        ],
    )
};
