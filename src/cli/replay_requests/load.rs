//! `--generate`: a load from laws of chance in one word, `rate=40,requests=1e6,cv=2,input=1000:1,output=200:0.8`.

use super::words::duration;
use crate::stats::law::{Law, LawKind};
use crate::workload::requests::{Clients, Gaps, Generate, Length, Lengths, Process};
use std::fmt;
use std::str::FromStr;

/// Longest prompt or answer that is drawn [tokens].
const MOST_TOKENS: u32 = 1_000_000;
/// What may stand in it.
const KEYS: &str =
    "rate (1/s), requests or duration, cv, law (gamma, weibull), clients, zipf, input and output (MEAN or MEAN:CV)";

/// A load as written, and its terms.
#[derive(Clone, Debug, PartialEq)]
pub struct Load {
    text: String,
    /// What is to be generated.
    pub terms: Generate,
}

impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Values as they are read.
struct Terms {
    rate: Option<f64>,
    requests: Option<f64>,
    duration_s: Option<f64>,
    cv: f64,
    kind: LawKind,
    clients: f64,
    zipf: f64,
    input: Option<Length>,
    output: Option<Length>,
}

impl FromStr for Load {
    type Err = String;
    fn from_str(text: &str) -> Result<Load, String> {
        let mut terms = Terms {
            rate: None,
            requests: None,
            duration_s: None,
            cv: 1.0,
            kind: LawKind::Gamma,
            clients: 1.0,
            zipf: 0.0,
            input: None,
            output: None,
        };
        for term in text.split(',') {
            let (key, value) =
                term.split_once('=').ok_or_else(|| format!("`{term}` is not KEY=VALUE; keys: {KEYS}"))?;
            terms.take(key.trim(), value.trim())?;
        }
        Ok(Load { text: text.to_owned(), terms: terms.generate()? })
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
            "cv" => self.cv = number(0.0, 100.0)?,
            "law" => match LawKind::parse(value) {
                Some(kind @ (LawKind::Gamma | LawKind::Weibull)) => self.kind = kind,
                _ => return Err(format!("law is `{value}`, neither gamma nor weibull")),
            },
            "clients" => self.clients = number(1.0, 1e6)?,
            "zipf" => self.zipf = number(0.0, 10.0)?,
            "input" => self.input = Some(length(key, value)?),
            "output" => self.output = Some(length(key, value)?),
            _ => return Err(format!("there is no `{key}`; keys: {KEYS}")),
        }
        Ok(())
    }

    fn generate(self) -> Result<Generate, String> {
        let per_s = self.rate.ok_or("no rate; e.g. rate=40")?;
        let (Some(input), Some(output)) = (self.input, self.output) else {
            return Err("no lengths; e.g. input=1000:1,output=200".into());
        };
        if self.requests.is_none() && self.duration_s.is_none() {
            return Err("no end; e.g. requests=100000 or duration=1h".into());
        }
        // Both laws of gaps are judged here, so that the generator finds nothing wrong.
        let one = Gaps::by_rate(per_s, self.cv, self.kind)?;
        let clients = self.clients as u32;
        let process = if clients == 1 {
            Process::One(one)
        } else {
            Process::Many(Clients { clients, exponent: self.zipf, per_s, cv: self.cv, kind: self.kind })
        };
        Ok(Generate {
            process,
            lengths: Lengths::Apart { input, output },
            classes: vec![1.0],
            requests: self.requests.map_or(u64::MAX, |requests| requests as u64),
            until_s: self.duration_s.unwrap_or(f64::INFINITY),
        })
    }
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
        ] {
            let told = bad.parse::<Load>().unwrap_err();
            assert!(told.contains(why), "{bad}: {told}");
        }
    }
}
