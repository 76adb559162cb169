//! A chip and a model with round numbers, for tests of this layer.

use super::{Architecture, Efficiency, Hardware, Network, ScaleUp};

/// 1 GFLOP/s in BF16, 2 in FP8; 1 GB at 1 GB/s; a link of 200 MB/s both ways between eight, and 0.32 Gbit/s out of them: 5 MB/s a chip.
pub fn chip() -> Hardware {
    Hardware {
        name: "toy-chip".into(),
        peak_flop_s: [Some(1e9), Some(2e9), None],
        memory_bytes: 1e9,
        memory_bytes_s: 1e9,
        link_bytes_s: Some(2e8),
        scale_up: Some(ScaleUp {
            of: "toy-server".into(),
            chips: 8,
            network: Some(Network { gbit_s: 0.32, chips: 8 }),
        }),
        tdp_w: Some(100.0),
    }
}

/// 1e8 parameters, 10 layers of width 100, 1,000 values of KV cache a token.
pub fn toy() -> Architecture {
    Architecture {
        name: "toy-model".into(),
        total_params: 1e8,
        active_params: 1e8,
        lookup_params: 0.0,
        layers: 10.0,
        hidden: 100.0,
        prefill_width: 100.0,
        decode_width: 100.0,
        kv_values_per_layer: 100.0,
        kv_heads: Some(2.0),
        attention_layers: 10.0,
        experts: None,
        context_tokens: 10_000,
    }
}

/// Half of the FLOPs, all of the bandwidths, 1 ms a layer.
pub fn shares() -> Efficiency {
    Efficiency { mfu: 0.5, mbu: 1.0, overhead_s_per_layer: 1e-3, link_share: 1.0, software: 1.0 }
}
