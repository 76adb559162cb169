//! Flags of `replay requests` that change nothing, each with the reason. Refuses none.

use super::by::{self, By};
use super::{Requests, Source};
use crate::stats::law::Law;
use crate::workload::requests::{Gaps, Length, Lengths, Process};

impl Requests {
    /// One line for each flag that was given and does nothing beside the others and before these requests.
    pub(super) fn idle_flags(&self, source: &Source) -> Vec<String> {
        let mut idle = self.idle_of_scaling();
        idle.extend(self.idle_of_replicas());
        idle.extend(self.idle_of_times());
        idle.extend(self.idle_of_source(source));
        idle.extend(self.idle_of_names(source));
        idle.into_iter().map(|(flag, why)| format!("{flag} changes nothing: {why}")).collect()
    }

    /// Without a least and a most nobody is ordered and nobody goes.
    fn idle_of_scaling(&self) -> Vec<(String, String)> {
        let fixed = "the replicas of every model are fixed; --replicas MIN..MAX lets them come and go";
        let mut idle = Vec::new();
        if !self.scales() {
            let asked = [
                ("--start-up", !self.start_up.is_empty()),
                ("--scale-every", self.scale_every.is_some()),
                ("--scale-in-after", self.scale_in_after.is_some()),
                ("--pool-chips", self.pool_chips.is_some()),
            ];
            idle.extend(asked.into_iter().filter(|(_, asked)| *asked).map(|(flag, _)| (flag.to_owned(), fixed.into())));
            return idle;
        }
        let most: u64 = self.model.iter().map(|model| self.most_chips(model)).sum();
        if let Some(pool) = self.pool_chips.filter(|pool| most <= *pool) {
            idle.push((
                format!("--pool-chips {pool}"),
                format!("all replicas together never have more than {most} chips"),
            ));
        }
        for name in self.start_up.iter().filter_map(|it| it.name.as_ref()) {
            let replicas = self.replicas(name);
            if replicas.min == replicas.max {
                idle.push((format!("--start-up of {name}"), format!("its {} replicas are fixed", replicas.max)));
            }
        }
        idle
    }

    /// Most chips of a model's replicas, those that only prefill with them.
    fn most_chips(&self, model: &str) -> u64 {
        let replicas = u64::from(self.replicas(model).max) + u64::from(self.prefill_replicas.unwrap_or(0));
        replicas * u64::from(self.tp(model))
    }

    fn idle_of_replicas(&self) -> Vec<(String, String)> {
        let mut idle = Vec::new();
        let alone = self.model.iter().all(|model| self.replicas(model).max == 1);
        if self.routing.is_some() && alone && self.prefill_replicas.unwrap_or(1) == 1 {
            idle.push(("--routing".to_owned(), "there is one replica to go to".to_owned()));
        }
        if self.kv_reserve.is_some() && self.max_batch == 1 {
            idle.push(("--kv-reserve".into(), "with --max-batch 1 no request joins others".into()));
        }
        idle
    }

    fn idle_of_times(&self) -> Vec<(String, String)> {
        if self.step_times.is_none() {
            return Vec::new();
        }
        let mut idle: Vec<(String, String)> = Vec::new();
        if !self.precision.is_empty() {
            idle.push(("--precision".into(), "measured times (--step-times) have theirs".into()));
        }
        if self.instance.is_some() && self.price.is_none() {
            let why = "times are measured (--step-times), and without --price nothing costs anything";
            idle.push(("--instance".into(), why.into()));
        }
        idle
    }

    fn idle_of_source(&self, source: &Source) -> Vec<(String, String)> {
        let mut idle = Vec::new();
        if self.seed.is_some() && !self.generate.is_empty() && self.generate.iter().all(|load| is_certain(&load.terms))
        {
            idle.push((
                "--seed".to_owned(),
                "nothing of --generate is by chance: cv=0 and lengths without one".to_owned(),
            ));
        }
        if let (Some(_), Source::Log(log)) = (self.window, source)
            && log.outside == 0
        {
            idle.push(("--window".into(), "every request of the log lies within it".into()));
        }
        let blocks = match source {
            Source::Log(log) => !log.blocks.is_empty(),
            Source::Generated(_) => false,
        };
        if self.prefix_cache_blocks.is_some() && !blocks {
            let whose = if self.generate.is_empty() { "the log names" } else { "--generate has" };
            let why = format!("{whose} no blocks of prompts, and nothing is found in a cache");
            if self.routing.as_deref() == Some("prefix") {
                idle.push(("--routing prefix".into(), format!("{why}: it is jsq")));
            }
            idle.push(("--prefix-cache-blocks".into(), why));
        }
        idle
    }

    /// Values of classes and models that nobody asks for, and values for all where each has its own.
    fn idle_of_names(&self, source: &Source) -> Vec<(String, String)> {
        let mut idle = Vec::new();
        let classes = source.classes();
        let of_none = |name: &str| classes.iter().all(|class| class.0 != name);
        for name in self.slo.iter().map(|slo| slo.0.name.as_str()).filter(|name| !name.is_empty() && of_none(name)) {
            idle.push((format!("--slo {name}:.."), format!("no request is of class `{name}`")));
        }
        for name in self.patience.iter().filter_map(|it| it.name.as_deref()).filter(|name| of_none(name)) {
            idle.push((format!("--patience {name}=.."), format!("no request is of class `{name}`")));
        }
        let models = source.models();
        if !models.is_empty() {
            for model in self.model.iter().filter(|model| models.iter().all(|asked| asked.0 != **model)) {
                let why = "no request asks for it; its replicas run, and cost what they cost";
                idle.push((format!("--model {model}"), why.to_owned()));
            }
        }
        let (names, named) = (self.model_names(), classes.iter().map(|class| class.0.as_str()).collect::<Vec<_>>());
        idle.extend(shadowed("--precision", &self.precision, &names, "model"));
        idle.extend(shadowed("--tp", &self.tp, &names, "model"));
        idle.extend(shadowed("--replicas", &self.replicas, &names, "model"));
        idle.extend(shadowed("--kv-tokens", &self.kv_tokens, &names, "model"));
        idle.extend(shadowed("--start-up", &self.start_up, &names, "model"));
        idle.extend(shadowed("--patience", &self.patience, &named, "class"));
        idle
    }
}

fn shadowed<T>(flag: &str, list: &[By<T>], known: &[&str], what: &str) -> Option<(String, String)> {
    by::is_shadowed(list, known).then(|| (format!("{flag} without a name"), format!("every {what} has its own")))
}

/// Whether no draw decides anything of a load.
fn is_certain(terms: &crate::workload::requests::Generate) -> bool {
    let constant = |length: &Length| matches!(length, Length::Constant(_));
    let lengths = match &terms.lengths {
        Lengths::Apart { input, output } => constant(input) && constant(output),
        _ => false,
    };
    let gaps = match &terms.process {
        Process::One(Gaps::Renewal(law)) => matches!(law, Law::Constant { .. }),
        Process::One(Gaps::States(_)) => false,
        Process::Many(clients) => clients.cv == 0.0,
    };
    lengths && gaps
}
