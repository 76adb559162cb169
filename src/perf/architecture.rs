//! Shape of a language model, as far as time and memory depend on it. Knows no chip.

use crate::stats::math;

/// A model's shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Architecture {
    /// Name, for messages.
    pub name: String,
    /// All parameters.
    pub total_params: f64,
    /// Parameters of one token's way through the model, those looked up included; all of them where there are no experts.
    pub active_params: f64,
    /// Parameters that are looked up, not multiplied: the input embedding where it is not the output matrix too.
    pub lookup_params: f64,
    /// Layers.
    pub layers: f64,
    /// Width of what goes from layer to layer [values].
    pub hidden: f64,
    /// Heads x head dimension while prompts are computed.
    pub prefill_width: f64,
    /// Heads x head dimension of a decode step; with latent attention wider than that of prompts.
    pub decode_width: f64,
    /// Values that the cache keeps of a token in one layer: 2 x KV heads x head dimension, or the latent ones.
    pub kv_values_per_layer: f64,
    /// Heads of the cache: a replica of more chips keeps them more than once. `None` of a latent cache, which is cut by requests instead.
    pub kv_heads: Option<f64>,
    /// Layers whose attention reaches back to the first token.
    pub attention_layers: f64,
    /// Routed experts; `None` of a dense model.
    pub experts: Option<Experts>,
    /// Longest context [tokens].
    pub context_tokens: u64,
}

/// Experts of which every token takes a few.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Experts {
    /// Routed experts.
    pub count: f64,
    /// Of which a token takes so many.
    pub per_token: f64,
    /// Parameters of one, over all layers.
    pub params: f64,
}

impl Architecture {
    /// Values of the KV cache of one token, over all layers.
    pub fn kv_values(&self) -> f64 {
        self.attention_layers * self.kv_values_per_layer
    }

    /// How often a replica of so many chips keeps the cache: once while every chip has a head or a part of one's requests. Eq. (113).
    pub fn kv_copies(&self, tensor_parallel: u32) -> f64 {
        self.kv_heads.map_or(1.0, |heads| (f64::from(tensor_parallel) / heads).max(1.0))
    }

    /// Parameters that one token is multiplied with.
    pub fn multiplied_params(&self) -> f64 {
        self.active_params - self.lookup_params
    }

    /// Expected parameters that an iteration of so many tokens reads: all that is no expert, and the experts that at least one
    /// token takes, each token choosing alike and on its own. Eq. (111).
    pub fn params_read(&self, tokens: f64) -> f64 {
        match self.experts {
            None => self.total_params,
            Some(Experts { count, per_token, params }) => {
                let touched = count * (1.0 - math::pow(1.0 - per_token / count, tokens));
                self.total_params - (count - touched) * params
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 4 experts of 10 beside 5 others, 2 a token. One token reads 5 + 2 x 10; two read 5 + 4 (1 - 1/4) 10 = 35; many read all 45.
    #[test]
    fn distinct_experts_are_read_once() {
        let mut model = crate::perf::testing::toy();
        (model.total_params, model.active_params) = (45.0, 25.0);
        model.experts = Some(Experts { count: 4.0, per_token: 2.0, params: 10.0 });
        assert_eq!([1.0, 2.0, 1e4].map(|tokens| model.params_read(tokens)), [25.0, 35.0, 45.0]);
        model.experts = None;
        assert_eq!(model.params_read(1.0), 45.0);
    }
}
