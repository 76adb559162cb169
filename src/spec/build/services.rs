//! Services from judged tables.

use super::*;
use crate::spec::services::*;

pub(super) fn service(mut t: Record) -> ServiceSpec {
    let price = |mut t: Record| (t.must_leaf("input"), t.must_leaf("output"));
    ServiceSpec {
        model: t.text("model"),
        pools: t.texts("pools"),
        pool_choice: t.text("pool_choice"),
        price: t.text("price"),
        priority: t.integer("priority"),
        replica: t.record("replica").map(replica).unwrap_or_default(),
        demand: demand(t.must_record("demand")),
        deferrable: t.record("deferrable").map(|mut t| DeferrableSpec {
            tokens_per_second: t.must_leaf("tokens_per_second"),
            deadline: t.must_leaf("deadline"),
        }),
        admission: t.text("admission"),
        tier: t.text("tier"),
        slo: t.record("slo").map(|mut t| SloSpec { ttft: t.leaf("ttft"), tpot: t.leaf("tpot") }),
        second_choice: t.text("second_choice"),
        accepts_up_to: t.leaf("accepts_up_to"),
        forecast: t
            .record("forecast")
            .map(|mut t| ForecastSpec { points: t.leaves("points"), half_life: t.leaf("half_life") }),
        autoscaler: t.record("autoscaler").map(autoscaler).unwrap_or_default(),
        token_price: t.record("token_price").map(price),
    }
}

fn replica(mut t: Record) -> ReplicaSpec {
    ReplicaSpec {
        chips: t.leaf_or_by_name("chips"),
        prefill: t.leaf_or_by_name("prefill_tokens_per_second"),
        decode: t.leaf_or_by_name("decode_tokens_per_second"),
        precision: t.text("precision"),
        cache_hit: t.leaf("cache_hit"),
        software: t.text("software"),
        measured: t.list("measured", measured),
    }
}

fn measured(mut t: Record) -> MeasuredSpec {
    let what = match t.leaf("step") {
        Some(step) => MeasuredWhat::Step(step),
        None => MeasuredWhat::Rate(t.must_leaf("output_tokens_per_second")),
    };
    MeasuredSpec {
        chip: t.text("chip"),
        chips: t.integer("chips"),
        input_tokens: t.leaf("input_tokens"),
        output_tokens: t.leaf("output_tokens"),
        what,
        batch: t.integer("batch"),
        context_tokens: t.leaf("context_tokens"),
    }
}

fn demand(mut t: Record) -> DemandSpec {
    let mut growth = t.record("growth");
    let mut noise = t.record("noise");
    let client = |mut t: Record| (t.must_leaf("share"), t.must_leaf("idc"));
    DemandSpec {
        tokens_per_second: t.leaf("tokens_per_second"),
        requests_per_second: t.leaf("requests_per_second"),
        input_tokens: t.leaf("input_tokens"),
        output_tokens: t.leaf("output_tokens"),
        multiple_per_year: growth.as_mut().and_then(|t| t.leaf("multiple_per_year")),
        ceiling_multiple: growth.as_mut().and_then(|t| t.leaf("ceiling_multiple")),
        profile: t.text("profile"),
        profile_points: t.leaves("profile_points"),
        period: t.text("period"),
        points: t.leaves("points"),
        every: t.leaf("every"),
        between: t.text("between"),
        sd: noise.as_mut().and_then(|t| t.leaf("sd")),
        common_sd: noise.as_mut().and_then(|t| t.leaf("common_sd")),
        idc: t.leaf("idc"),
        clients: t.list("clients", client),
        population: t.record("population").map(population),
        common_cv: t.leaf("common_cv"),
    }
}

fn population(mut t: Record) -> PopulationSpec {
    PopulationSpec { clients: t.must_integer("clients"), zipf: t.leaf("zipf"), idc: t.leaf("idc"), cv: t.leaf("cv") }
}

fn autoscaler(mut t: Record) -> AutoscalerSpec {
    AutoscalerSpec {
        target: t.leaf("target"),
        headroom: t.leaf("headroom"),
        burst_sds: t.leaf("burst_sds"),
        burst_window: t.leaf("burst_window"),
        cool_down: t.leaf("cool_down"),
        min: t.integer("min"),
        max: t.integer("max"),
        max_step: t.integer("max_step"),
        warm: t.integer("warm"),
        whole_nodes: t.bool("whole_nodes"),
        start_up: t.leaf("start_up"),
    }
}
