//! What `replay requests` says of itself: its rules in words, and `manifest.json`. Decides nothing.

use super::engine::Engine;
use super::words::Slo;
use super::{Load, Requests, by};
use crate::replay::Tariff;
use crate::world::catalog::Catalog;
use serde_json::{Value, json};
use std::path::Path;

impl Requests {
    /// Model, chips, replicas and what else was asked for, as words.
    pub(super) fn rules(&self) -> String {
        let chip = self.chip();
        let one = |model: &String| {
            let replicas = self.replicas(model);
            let noun = if replicas.max == 1 { "replica" } else { "replicas" };
            format!("{model} on {replicas} {noun} of {} {chip}", self.tp(model))
        };
        let mut rules: Vec<String> = self.model.iter().map(one).collect();
        rules.extend(self.pool_chips.map(|chips| format!("a pool of {chips} chips")));
        if let Some(with) = self.compat {
            rules.push(format!("as {}", format!("{with:?}").to_lowercase()));
        } else {
            rules.push(if self.chunked_prefill { "chunked prefill".into() } else { "whole prompts".into() });
            rules.extend(self.prefill_replicas.map(|n| format!("{n} more only prefill")));
            if self.routing() != "jsq" {
                rules.push(self.routing().replace('_', " "));
            }
            rules.extend(self.patience.iter().map(|it| match &it.name {
                None => format!("patience {} s", it.value),
                Some(class) => format!("patience of {class} {} s", it.value),
            }));
        }
        if self.rate_scale != 1.0 {
            rules.push(format!("rate x {}", self.rate_scale));
        }
        rules.join(", ")
    }

    /// The chip as the file of step times calls it, or that of the instance, with its name.
    fn chip(&self) -> String {
        if let Some(hardware) = &self.hardware {
            return hardware.clone();
        }
        let row = self.instance.as_ref().and_then(|name| Catalog::embedded().instance(name).ok());
        row.map_or_else(|| "chips".to_owned(), |row| format!("{} ({})", row.chip, row.name))
    }

    pub(super) fn manifest(&self, engine: &Engine, notes: &[String], tariff: Option<&Tariff>) -> String {
        let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
        let goal = |slo: &Slo| json!({ "class": slo.0.name, "ttft_s": slo.0.ttft_s, "tpot_s": slo.0.tpot_s });
        let mut manifest = json!({
            "version": env!("CARGO_PKG_VERSION"),
            "kind": "replay requests",
            "log": self.file.as_deref().and_then(name),
            "generate": several(self.generate.iter().map(Load::to_string)),
            "seed": (!self.generate.is_empty()).then_some(self.seed.unwrap_or(super::SEED)),
            "layout": self.file.as_ref().map(|_| &self.layout),
            "model": several(self.model.iter()),
            "step_times": self.step_times.as_deref().and_then(name),
            "hardware": self.hardware,
            "tp": several(self.model.iter().map(|model| self.tp(model))),
            "replicas": several(self.model.iter().map(|model| self.replicas(model).to_string())),
            "max_batch": self.max_batch,
            "max_batch_tokens": self.max_batch_tokens,
            "max_context": self.max_context,
            "kv_tokens": several(engine.served.iter().map(|served| served.kv_tokens)),
            "kv_reserve": self.kv_reserve(),
            "chunked_prefill": self.chunked_prefill,
            "prefill_replicas": self.prefill_replicas,
            "kv_transfer_gb_per_s": self.kv_transfer_gb_per_s,
            "routing": self.routing(),
            "prefix_cache_blocks": self.prefix_cache_blocks,
            "patience_s": by::json(&self.patience, |seconds| json!(seconds)),
            "scale_at_tokens": self.scale_at.filter(|_| self.prefill_replicas.is_none()),
            "start_up_s": several(self.model.iter().map(|model| self.start_up(model))),
            "scale_every_s": self.scale_every(),
            "scale_in_after_s": self.scale_in_after(),
            "slo": self.slo.iter().map(goal).collect::<Vec<_>>(),
            "rate_scale": self.rate_scale,
            "compat": self.compat.map(|with| format!("{with:?}").to_lowercase()),
            "price": tariff.map(crate::cli::replay::priced),
            "notes": notes,
        });
        if let Some(requests) = self.scale_at.filter(|_| self.prefill_replicas.is_some()) {
            manifest["scale_at_requests"] = json!(requests);
        }
        if let Some(chips) = self.pool_chips {
            manifest["pool_chips"] = json!(chips);
        }
        format!("{manifest:#}\n")
    }
}

/// One value as itself, several as a list, none as null.
fn several<T: serde::Serialize>(values: impl Iterator<Item = T>) -> Value {
    let mut list: Vec<Value> = values.map(|value| json!(value)).collect();
    match list.len() {
        0 => Value::Null,
        1 => list.remove(0),
        _ => Value::Array(list),
    }
}
