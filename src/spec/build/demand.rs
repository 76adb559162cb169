//! Labs and workloads from judged tables.

use super::*;

pub(super) fn lab(mut t: Record) -> Lab {
    Lab {
        own: t.bool("own"),
        workloads: t.tables("workloads", workload),
        services: t.tables("services", services::service),
    }
}

fn workload(mut t: Record) -> Workload {
    let kind = t.must_text("kind");
    match kind.value.as_str() {
        "pretraining" => Workload::Pretraining(Box::new(pretraining(t))),
        "stream" => Workload::Stream(Box::new(stream(t))),
        "batch" => Workload::Stream(Box::new(batch(t))),
        "trace" => Workload::Trace(Box::new(trace(t))),
        other => panic!("`{other}` is not a kind of workload"),
    }
}

fn common(t: &mut Record) -> Common {
    Common {
        pools: t.texts("pools"),
        price: t.text("price"),
        price_kinds: t.texts("price_kinds"),
        max_spot_ratio: t.leaf("max_spot_ratio"),
        priority: t.integer("priority"),
        checkpoint: t
            .record("checkpoint")
            .map(|mut t| Checkpoint { interval: interval(&mut t), cost: t.must_leaf("cost") }),
        restart: t.leaf("restart"),
        failures: t.text("failures"),
        volume: t.leaf("volume"),
        mfu: if t.knows("mfu") { t.leaves_by_name("mfu") } else { Vec::new() },
        split_speed: t.leaf_or_by_name("split_speed"),
    }
}

fn interval(t: &mut Record) -> Interval {
    match t.take("interval") {
        Some(Cooked::Leaf(leaf)) => Interval::Equal(Box::new(leaf)),
        Some(Cooked::Record(law)) => Interval::Drawn(Box::new(law_spec(law))),
        other => panic!("`interval` of a checkpoint is {other:?}"),
    }
}

fn pretraining(mut t: Record) -> Pretraining {
    Pretraining {
        common: common(&mut t),
        flops: t.leaf("flops"),
        chips: t.take("chips").map(chips),
        deadline: t.leaf("deadline"),
        campaign_efficiency: t.leaf("campaign_efficiency"),
        every: t.leaf("every"),
    }
}

fn stream(mut t: Record) -> Stream {
    Stream {
        common: common(&mut t),
        per_day: t.leaf("per_day"),
        interval: t.law("interval"),
        modulated: t.record("modulated").map(modulated),
        profile: t.leaves("profile"),
        chips: t.take("chips").map(chips),
        deadline: t.leaf("deadline"),
        work_chip_hours: t.law("work_chip_hours"),
        duration: t.law("duration"),
        tokens: None,
        tokens_per_chip_second: Vec::new(),
        reference_chip: t.text("reference_chip"),
        speed: t.leaves_by_name("speed"),
        estimate: t.record("estimate").map(|mut t| EstimateSpec {
            ratio: t.law("ratio").unwrap_or_else(|| panic!("`ratio` is required")),
            at_least: t.leaf("at_least"),
        }),
        over_estimate: t.text("over_estimate"),
    }
}

/// Batch inference is a stream whose work is counted in tokens.
fn batch(mut t: Record) -> Stream {
    Stream {
        common: common(&mut t),
        per_day: t.leaf("per_day"),
        interval: t.law("interval"),
        modulated: t.record("modulated").map(modulated),
        profile: t.leaves("profile"),
        chips: t.take("chips").map(chips),
        deadline: t.leaf("deadline"),
        tokens: t.law("tokens"),
        tokens_per_chip_second: t.leaves_by_name("tokens_per_chip_second"),
        ..Stream::default()
    }
}

fn modulated(mut t: Record) -> Modulated {
    let state = |mut t: Record| StateSpec {
        name: t.text("name"),
        rate: t.must_leaf("rate"),
        mean_time: t.must_leaf("mean_time"),
        to: t.leaves_by_name("to"),
        origin: t.origin,
    };
    Modulated { states: t.list("states", state), path: t.path, origin: t.origin }
}

fn elastic(mut t: Record) -> ElasticSpec {
    ElasticSpec {
        min: t.must_integer("min"),
        max: t.must_integer("max"),
        step: t.integer("step"),
        reference: t.integer("reference"),
        scaling: t.record("scaling").map(scaling),
        resize_cost: t.leaf("resize_cost"),
        origin: t.origin,
        path: t.path,
    }
}

fn scaling(mut t: Record) -> ScalingSpec {
    if let Some(leaf) = t.leaf("amdahl") {
        ScalingSpec::Amdahl(Box::new(leaf))
    } else if let Some(leaf) = t.leaf("power") {
        ScalingSpec::Power(Box::new(leaf))
    } else {
        ScalingSpec::Table(t.list("table", |mut t| (t.must_integer("chips"), t.must_leaf("throughput"))))
    }
}

fn chips(cooked: Cooked) -> ChipsSpec {
    match cooked {
        Cooked::Integer(chips) => ChipsSpec::Fixed(chips),
        Cooked::Record(t) if t.has("min") => ChipsSpec::Elastic(Box::new(elastic(t))),
        Cooked::Record(mut t) => match t.take("values") {
            Some(Cooked::Integers(values)) => ChipsSpec::Mix { values, weights: t.leaves("weights") },
            other => panic!("not a list of gang sizes: {other:?}"),
        },
        other => panic!("not gang sizes: {other:?}"),
    }
}

fn trace(mut t: Record) -> Trace {
    Trace {
        common: common(&mut t),
        file: t.text("file"),
        layout: t.text("layout"),
        queue: t.text("queue"),
        from: t.date("from"),
        until: t.date("until"),
        submit: t.text("submit"),
        chips: t.text("chips"),
        duration: t.text("duration"),
        estimate: t.text("estimate"),
        over_estimate: t.text("over_estimate"),
        time_unit: t.text("time_unit"),
    }
}
