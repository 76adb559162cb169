//! `--generate`: a load from laws of chance in one word, `rate=40,requests=1e6,cv=2,input=1000:1,output=200:0.8`.

use super::words::duration;
use crate::stats::law::{Law, LawKind};
use crate::workload::requests::{Clients, Gaps, Generate, Length, Lengths, Process, State};
use std::fmt;
use std::str::FromStr;

/// Longest prompt or answer that is drawn [tokens].
const MOST_TOKENS: u32 = 1_000_000;
/// What may stand in it.
const KEYS: &str = "rate (1/s), requests or duration, cv, law (gamma, weibull), clients, zipf, states (RATE:MEAN/RATE:MEAN..), input and output (MEAN or MEAN:CV), class, model";

/// A load as written, and its terms.
#[derive(Clone, Debug, PartialEq)]
pub struct Load {
    text: String,
    /// What is to be generated.
    pub terms: Generate,
    /// Class of its requests.
    pub class: Option<String>,
    /// The model they ask for.
    pub model: Option<String>,
}

impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Values as they are read.
#[derive(Default)]
struct Terms {
    rate: Option<f64>,
    requests: Option<f64>,
    duration_s: Option<f64>,
    cv: Option<f64>,
    kind: Option<LawKind>,
    clients: Option<f64>,
    zipf: Option<f64>,
    states: Option<Vec<State>>,
    input: Option<Length>,
    output: Option<Length>,
    class: Option<String>,
    model: Option<String>,
}

impl FromStr for Load {
    type Err = String;
    fn from_str(text: &str) -> Result<Load, String> {
        let mut terms = Terms::default();
        for term in text.split(',') {
            let (key, value) =
                term.split_once('=').ok_or_else(|| format!("`{term}` is not KEY=VALUE; keys: {KEYS}"))?;
            terms.take(key.trim(), value.trim())?;
        }
        let (class, model) = (terms.class.take(), terms.model.take());
        Ok(Load { text: text.to_owned(), terms: terms.generate()?, class, model })
    }
}

impl Terms {
    fn take(&mut self, key: &str, value: &str) -> Result<(), String> {
        let number = |least: f64, most: f64| match value.parse::<f64>() {
            Ok(number) if least <= number && number <= most => Ok(number),
            _ => Err(format!("{key} is `{value}`, not a number from {least} to {most}")),
        };
        match key {
            "rate" => self.rate = Some(number(1e-9, 1e9)?),
            "requests" => self.requests = Some(number(1.0, 1e12)?),
            "duration" => self.duration_s = Some(duration(value)?),
            "cv" => self.cv = Some(number(0.0, 100.0)?),
            "law" => match LawKind::parse(value) {
                Some(kind @ (LawKind::Gamma | LawKind::Weibull)) => self.kind = Some(kind),
                _ => return Err(format!("law is `{value}`, neither gamma nor weibull")),
            },
            "clients" => self.clients = Some(number(1.0, 1e6)?),
            "zipf" => self.zipf = Some(number(0.0, 10.0)?),
            "states" => self.states = Some(states(value)?),
            "class" | "model" if value.is_empty() => return Err(format!("{key} has no name")),
            "class" => self.class = Some(value.to_owned()),
            "model" => self.model = Some(value.to_owned()),
            "input" => self.input = Some(length(key, value)?),
            "output" => self.output = Some(length(key, value)?),
            _ => return Err(format!("there is no `{key}`; keys: {KEYS}")),
        }
        Ok(())
    }

    fn generate(self) -> Result<Generate, String> {
        let process = self.process()?;
        let (Some(input), Some(output)) = (self.input, self.output) else {
            return Err("no lengths; e.g. input=1000:1,output=200".into());
        };
        if self.requests.is_none() && self.duration_s.is_none() {
            return Err("no end; e.g. requests=100000 or duration=1h".into());
        }
        Ok(Generate {
            process,
            lengths: Lengths::Apart { input, output },
            classes: vec![1.0],
            requests: self.requests.map_or(u64::MAX, |requests| requests as u64),
            until_s: self.duration_s.unwrap_or(f64::INFINITY),
        })
    }
}

impl Terms {
    /// One client, many, or states that follow one another.
    fn process(&self) -> Result<Process, String> {
        if let Some(states) = &self.states {
            let others = [
                ("rate", self.rate.is_some()),
                ("cv", self.cv.is_some()),
                ("law", self.kind.is_some()),
                ("clients", self.clients.is_some()),
                ("zipf", self.zipf.is_some()),
            ];
            return match others.into_iter().find(|other| other.1) {
                Some((key, _)) => {
                    Err(format!("{key} beside states: each state has its rate, and is a Poisson process"))
                }
                None => Ok(Process::One(Gaps::States(states.clone()))),
            };
        }
        let per_s = self.rate.ok_or("no rate; e.g. rate=40, or states=80:1min/10:5min")?;
        let (cv, kind) = (self.cv.unwrap_or(1.0), self.kind.unwrap_or(LawKind::Gamma));
        // Both laws of gaps are judged here, so that the generator finds nothing wrong.
        let one = Gaps::by_rate(per_s, cv, kind)?;
        let exponent = self.zipf.unwrap_or(0.0);
        Ok(match self.clients.map_or(1, |clients| clients as u32) {
            1 if self.zipf.is_some() => return Err("zipf of one client: it has all; e.g. clients=100,zipf=1.2".into()),
            1 => Process::One(one),
            clients => Process::Many(Clients { clients, exponent, per_s, cv, kind }),
        })
    }
}

/// `80:1min/10:5min`: rates in turn, each for an exponential time of that mean; `:even` sends at equal distances.
fn states(text: &str) -> Result<Vec<State>, String> {
    let one = |text: &str| -> Result<State, String> {
        let refused = || format!("`{text}` is no state; RATE:MEAN as in 80:1min, or RATE:MEAN:even");
        let parts: Vec<&str> = text.split(':').map(str::trim).collect();
        let (rate, mean, even) = match parts[..] {
            [rate, mean] => (rate, mean, false),
            [rate, mean, "even"] => (rate, mean, true),
            _ => return Err(refused()),
        };
        let per_s = rate.parse::<f64>().ok().filter(|rate| (0.0..=1e9).contains(rate)).ok_or_else(refused)?;
        let mean_s = duration(mean).ok().filter(|mean| 0.0 < *mean).ok_or_else(refused)?;
        Ok(State { per_s, mean_s, even })
    };
    let states: Vec<State> = text.split('/').map(one).collect::<Result<_, _>>()?;
    if states.len() < 2 {
        return Err("one state is no change; e.g. states=80:1min/10:5min".into());
    }
    if states.iter().all(|state| state.per_s <= 0.0) {
        return Err("every state is silent".into());
    }
    Ok(states)
}

/// `1000` or, lognormal with a coefficient of variation, `1000:0.8`.
fn length(key: &str, text: &str) -> Result<Length, String> {
    let refused = || format!("{key} is `{text}`, neither MEAN nor MEAN:CV of 1 to {MOST_TOKENS} tokens");
    let (mean, cv) = text.split_once(':').unwrap_or((text, "0"));
    let mean: f64 =
        mean.parse().ok().filter(|mean| (1.0..=f64::from(MOST_TOKENS)).contains(mean)).ok_or_else(refused)?;
    let cv: f64 = cv.parse().ok().filter(|cv| (0.0..=100.0).contains(cv)).ok_or_else(refused)?;
    if cv == 0.0 {
        return Ok(Length::Constant(mean.round() as u32));
    }
    let law = Law::by_mean(LawKind::Lognormal, mean, Some(cv * cv))?;
    Ok(Length::Law { law, most: MOST_TOKENS })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::accumulate::Accumulator;
    use crate::stats::draw::RunKey;
    use crate::stats::math::{expm1, pow};
    use crate::workload::requests::{Arrival, Arrivals, Generated};

    #[test]
    fn loads_as_written() {
        let load: Load = "rate=40,requests=1e6,cv=2,input=1000:1,output=200".parse().unwrap();
        assert_eq!((load.terms.requests, load.terms.until_s), (1_000_000, f64::INFINITY));
        let Lengths::Apart { output, .. } = &load.terms.lengths else { panic!("{load:?}") };
        assert_eq!(*output, Length::Constant(200));
        for (bad, why) in [
            ("rate=0,requests=5,input=1,output=1", "rate is `0`"),
            ("requests=5,input=1,output=1", "no rate"),
            ("rate=1,input=1,output=1", "no end"),
            ("rate=1,requests=5,input=1", "no lengths"),
            ("rate=1,requests=5,input=0,output=1", "input is `0`"),
            ("rate=1,speed=2", "no `speed`"),
            ("rate", "KEY=VALUE"),
            ("rate=4,states=8:1min/0:1min,requests=5,input=1,output=1", "rate beside states"),
            ("clients=4,states=8:1min/0:1min,requests=5,input=1,output=1", "clients beside states"),
            ("states=8:1min,requests=5,input=1,output=1", "no change"),
            ("states=0:1min/0:1s,requests=5,input=1,output=1", "silent"),
            ("states=8:1min/x,requests=5,input=1,output=1", "`x` is no state"),
            ("states=8:0s/1:1s,requests=5,input=1,output=1", "`8:0s` is no state"),
            ("rate=1,zipf=1,requests=5,input=1,output=1", "zipf of one client"),
            ("rate=1,class=,requests=5,input=1,output=1", "class has no name"),
        ] {
            let told = bad.parse::<Load>().unwrap_err();
            assert!(told.contains(why), "{bad}: {told}");
        }
    }
    fn arrivals(text: &str) -> Vec<u64> {
        let load: Load = text.parse().unwrap();
        let key = RunKey { study_seed: 3, draw: 0, replication: 0 };
        let mut generated = Generated::new(&load.terms, key, "load").unwrap();
        let mut arrival = Arrival::default();
        std::iter::from_fn(|| generated.next(&mut arrival).then_some(arrival.at_ns)).collect()
    }

    /// Numbers in windows of a minute and of ten have the variance of (51): states of 8 and 1 a second for 1 and 5 min on average, 13/6 a second in all,
    /// dispersion 132.2 of a minute. Within four standard errors, and those within a tenth; the first 100 windows have forgotten the begin.
    #[test]
    fn states_have_the_dispersion_of_a_modulated_poisson_process() {
        let (span_s, mean_per_s) = (2_000_000, 13.0 / 6.0);
        let all = arrivals(&format!("states=8:1min/1:5min,duration={span_s}s,input=1,output=1"));
        let (r1, r2, l1, l2) = (1.0 / 60.0, 1.0 / 300.0, 8.0, 1.0);
        let r: f64 = r1 + r2;
        for window_s in [60_u64, 600] {
            let t = window_s as f64;
            let forgotten = 1.0 + expm1(-r * t) / (r * t);
            let exact = 1.0 + 2.0 * r1 * r2 * (l1 - l2) * (l1 - l2) / (r * r * (l1 * r2 + l2 * r1)) * forgotten;
            assert!(window_s != 60 || (exact - 132.2).abs() < 0.1, "{exact}");
            let mut counts = vec![0_u32; (span_s / window_s) as usize];
            for at_ns in &all {
                // The last part of a window has no place.
                if let Some(count) = counts.get_mut((at_ns / 1_000_000_000 / window_s) as usize) {
                    *count += 1;
                }
            }
            let squares = |counts: &[u32]| {
                let squares =
                    counts.iter().map(|n| (f64::from(*n) - mean_per_s * t) * (f64::from(*n) - mean_per_s * t));
                squares.sum::<f64>() / counts.len() as f64 / (mean_per_s * t)
            };
            let batches: Accumulator = counts[100..].chunks((counts.len() - 100) / 30).take(30).map(squares).collect();
            let (found, error) = (batches.mean().unwrap(), batches.standard_error().unwrap());
            println!("{window_s} s: {found:.2} against {exact:.2}, standard error {error:.2}");
            assert!((found - exact).abs() <= 4.0 * error && error <= 0.1 * exact, "{found} {exact} {error}");
        }
    }

    /// At equal distances the client of rate r sends at k/r and nowhere else: 162 clients with exponent 1.2 share 100 a second, the largest has
    /// 0.264183774319 of them (reference coupling, entry 15), which in 2,000 s is 52,836 requests; of all clients' none is missing.
    #[test]
    fn clients_share_by_zipf() {
        let all = arrivals("rate=100,clients=162,zipf=1.2,cv=0,duration=2000s,input=1,output=1");
        let weights: Vec<f64> = (1..=162).map(|k| pow(f64::from(k), -1.2)).collect();
        let sum: f64 = weights.iter().sum();
        assert!((weights[0] / sum - 0.264183774319).abs() < 1e-11);
        let due: u64 = weights.iter().map(|weight| (weight / sum * 200_000.0) as u64).sum();
        assert_eq!(all.len() as u64, due);
        let gap_ns = 1e9 / (100.0 * weights[0] / sum);
        let near = |at_ns: &&u64| {
            let place = **at_ns as f64 / gap_ns;
            (place - place.round()).abs() * gap_ns < 100.0
        };
        let largest = all.iter().filter(near).count();
        // The 32nd has 1/64 of its rate, 32^1.2 = 64, and sends at every 64th of its instants: 825 more.
        assert_eq!(largest, 52_836 + 825);
    }
}
