//! Services as written. Resolves no name.

use super::model::{At, Leaf, Tables};

/// `[labs.X.services.Y]`.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ServiceSpec {
    /// Name of the model.
    pub model: Option<At<String>>,
    /// Eligible pools, in order.
    pub pools: Vec<At<String>>,
    /// `in_order | cheapest`.
    pub pool_choice: Option<At<String>>,
    /// Price kind.
    pub price: Option<At<String>>,
    /// Larger plans first.
    pub priority: Option<At<i64>>,
    /// Replica: measured, or what its card is made of.
    pub replica: ReplicaSpec,
    /// Demand.
    pub demand: DemandSpec,
    /// Work that may wait.
    pub deferrable: Option<DeferrableSpec>,
    /// `table | bound`.
    pub admission: Option<At<String>>,
    /// `fluid | request | auto`.
    pub tier: Option<At<String>>,
    /// Promises.
    pub slo: Option<SloSpec>,
    /// Path of the service that is asked next.
    pub second_choice: Option<At<String>>,
    /// Load up to which it takes more [0..1].
    pub accepts_up_to: Option<Leaf>,
    /// Forecast.
    pub forecast: Option<ForecastSpec>,
    /// Plan.
    pub autoscaler: AutoscalerSpec,
    /// (input, output) [USD per million tokens].
    pub token_price: Option<(Leaf, Leaf)>,
}

/// `replica = { ... }`, each by chip or instance; name `""` stands for all.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ReplicaSpec {
    /// Chips.
    pub chips: Tables<Leaf>,
    /// [tokens/s].
    pub prefill: Tables<Leaf>,
    /// [tokens/s].
    pub decode: Tables<Leaf>,
    /// Format of the weights of a card.
    pub precision: Option<At<String>>,
    /// Share of prompts in the prefix cache of a card [0..1].
    pub cache_hit: Option<Leaf>,
    /// Date of the serving software of a card.
    pub software: Option<At<String>>,
    /// Measured points of a card.
    pub measured: Vec<MeasuredSpec>,
}

/// `measured = [{ ... }]`.
#[derive(Clone, PartialEq, Debug)]
pub struct MeasuredSpec {
    /// Chip or instance.
    pub chip: Option<At<String>>,
    /// Chips of the replica.
    pub chips: Option<At<i64>>,
    /// Of its requests [tokens].
    pub input_tokens: Option<Leaf>,
    /// Of its requests [tokens].
    pub output_tokens: Option<Leaf>,
    /// What was measured.
    pub what: MeasuredWhat,
    /// Of a step: requests in it.
    pub batch: Option<At<i64>>,
    /// Of a step: context of each [tokens].
    pub context_tokens: Option<Leaf>,
}

/// What was measured.
#[derive(Clone, PartialEq, Debug)]
pub enum MeasuredWhat {
    /// Output of the whole replica where more than enough waits [tokens/s].
    Rate(Leaf),
    /// A decode step [h].
    Step(Leaf),
}

impl MeasuredSpec {
    /// The number that was measured.
    pub fn leaf(&self) -> &Leaf {
        match &self.what {
            MeasuredWhat::Rate(leaf) | MeasuredWhat::Step(leaf) => leaf,
        }
    }

    /// Its numbers.
    fn leaves(&self) -> impl Iterator<Item = &Leaf> {
        let lengths = self.input_tokens.iter().chain(&self.output_tokens);
        std::iter::once(self.leaf()).chain(lengths).chain(&self.context_tokens)
    }
}

/// `demand = { ... }`.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct DemandSpec {
    /// Level [tokens/s]; or ...
    pub tokens_per_second: Option<Leaf>,
    /// ... [requests/s].
    pub requests_per_second: Option<Leaf>,
    /// Mean input of a request [tokens].
    pub input_tokens: Option<Leaf>,
    /// Mean output of a request [tokens].
    pub output_tokens: Option<Leaf>,
    /// Demand of a year over that of the year before [-].
    pub multiple_per_year: Option<Leaf>,
    /// Limit of growth [-].
    pub ceiling_multiple: Option<Leaf>,
    /// Profile of the catalog.
    pub profile: Option<At<String>>,
    /// Profile of its own.
    pub profile_points: Vec<Leaf>,
    /// `day | week`.
    pub period: Option<At<String>>,
    /// Path.
    pub points: Vec<Leaf>,
    /// Step of the path [h].
    pub every: Option<Leaf>,
    /// `linear | steps`.
    pub between: Option<At<String>>,
    /// Of its own noise [-].
    pub sd: Option<Leaf>,
    /// Of the noise of all [-].
    pub common_sd: Option<Leaf>,
    /// Index of dispersion of counts [-].
    pub idc: Option<Leaf>,
    /// (share, idc) of its clients.
    pub clients: Vec<(Leaf, Leaf)>,
    /// Its clients by number and law.
    pub population: Option<PopulationSpec>,
    /// Of the rates of all clients together [-].
    pub common_cv: Option<Leaf>,
}

/// `population = { clients, zipf, idc, cv }`.
#[derive(Clone, PartialEq, Debug)]
pub struct PopulationSpec {
    /// How many.
    pub clients: At<i64>,
    /// Exponent of their shares [-].
    pub zipf: Option<Leaf>,
    /// Index of dispersion of each client's counts whatever its rate [-].
    pub idc: Option<Leaf>,
    /// Coefficient of variation of each client's rate [-].
    pub cv: Option<Leaf>,
}

/// `deferrable = { tokens_per_second, deadline }`.
#[derive(Clone, PartialEq, Debug)]
pub struct DeferrableSpec {
    /// [tokens/s].
    pub tokens_per_second: Leaf,
    /// [h].
    pub deadline: Leaf,
}

/// `slo = { ttft, tpot }`.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct SloSpec {
    /// Time to the first token [h].
    pub ttft: Option<Leaf>,
    /// Time per output token [h].
    pub tpot: Option<Leaf>,
}

/// `forecast = { points | half_life }`.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ForecastSpec {
    /// Path over the demand's level, by tick.
    pub points: Vec<Leaf>,
    /// Half-life of the learned level [h].
    pub half_life: Option<Leaf>,
}

/// `autoscaler = { ... }`.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct AutoscalerSpec {
    /// Load planned for [0..1].
    pub target: Option<Leaf>,
    /// Share beyond the forecast [-].
    pub headroom: Option<Leaf>,
    /// Standard deviations of bursts [-].
    pub burst_sds: Option<Leaf>,
    /// Window of bursts [h].
    pub burst_window: Option<Leaf>,
    /// [h].
    pub cool_down: Option<Leaf>,
    /// Replicas.
    pub min: Option<At<i64>>,
    /// Replicas.
    pub max: Option<At<i64>>,
    /// Replicas.
    pub max_step: Option<At<i64>>,
    /// Replicas.
    pub warm: Option<At<i64>>,
    /// Replicas come and go by whole nodes.
    pub whole_nodes: Option<At<bool>>,
    /// [h].
    pub start_up: Option<Leaf>,
}

impl ServiceSpec {
    /// Its numbers.
    pub fn leaves(&self) -> impl Iterator<Item = &Leaf> {
        let (replica, demand, scaler) = (&self.replica, &self.demand, &self.autoscaler);
        let by_name = replica.chips.iter().chain(&replica.prefill).chain(&replica.decode).map(|named| &named.table);
        let measured = replica.measured.iter().flat_map(MeasuredSpec::leaves);
        let level = demand.tokens_per_second.iter().chain(&demand.requests_per_second);
        let lengths = demand.input_tokens.iter().chain(&demand.output_tokens);
        let growth = demand.multiple_per_year.iter().chain(&demand.ceiling_multiple);
        let shape = demand.profile_points.iter().chain(&demand.points).chain(&demand.every);
        let noise = demand.sd.iter().chain(&demand.common_sd).chain(&demand.idc);
        let clients = demand.clients.iter().flat_map(|(share, idc)| [share, idc]).chain(&demand.common_cv);
        let population = demand.population.iter().flat_map(|of| of.zipf.iter().chain(&of.idc).chain(&of.cv));
        let clients = clients.chain(population);
        let deferrable = self.deferrable.iter().flat_map(|terms| [&terms.tokens_per_second, &terms.deadline]);
        let slo = self.slo.iter().flat_map(|slo| slo.ttft.iter().chain(&slo.tpot));
        let forecast = self.forecast.iter().flat_map(|forecast| forecast.points.iter().chain(&forecast.half_life));
        let plan = scaler.target.iter().chain(&scaler.headroom).chain(&scaler.burst_sds);
        let times = scaler.burst_window.iter().chain(&scaler.cool_down).chain(&scaler.start_up);
        let price = self.token_price.iter().flat_map(|(input, output)| [input, output]);
        let demand = level.chain(lengths).chain(growth).chain(shape).chain(noise).chain(clients);
        let promises = deferrable.chain(slo).chain(&self.accepts_up_to).chain(forecast);
        by_name
            .chain(demand)
            .chain(promises)
            .chain(plan)
            .chain(times)
            .chain(price)
            .chain(&replica.cache_hit)
            .chain(measured)
    }
}
