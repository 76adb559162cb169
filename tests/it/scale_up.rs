//! Replicas wider than a scale-up domain: every command that makes cards says so, or why there is none. Eq. (126).

use assert_cmd::Command;

struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Desk {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("log.csv"), "arrival_s,input_tokens,output_tokens\n0,100,20\n1,200,20\n")
            .unwrap();
        Desk(folder)
    }

    /// Exit code and all that was said, wrapped lines joined.
    fn run(&self, words: &str) -> (i32, String) {
        let mut command = Command::cargo_bin("hedgerow").unwrap();
        let output = command.current_dir(self.0.path()).args(words.split_whitespace()).output().unwrap();
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        (output.status.code().unwrap(), said.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    fn says(&self, words: &str, code: i32, parts: &[&str]) -> String {
        let (found, said) = self.run(words);
        assert_eq!(found, code, "{words}: {said}");
        parts.iter().for_each(|part| assert!(said.contains(part), "{words}: {part} is not in\n{said}"));
        said
    }
}

/// Two p5.48xlarge: 3,200 Gbit/s over 8 bits and 8 chips are 50 GB/s each. Weights of 691.2 GB need more than the 618.5 GB of one.
#[test]
fn a_card_of_two_servers_says_so() {
    let desk = Desk::new();
    let wide =
        ["16 x h100-sxm are 2 scale-up domains of 8 (p5.48xlarge)", "50 GB/s a chip one way = 3200 Gbit/s / 8 / 8"];
    desk.says("explain card h100 deepseek-r1", 0, &wide);
    desk.says(
        "explain card h100 llama-3.3-70b --tp 16",
        0,
        &["extrapolated: sigma 0.35", "wider than its scale-up domain"],
    );
    let within = desk.says("explain card h100 llama-3.3-70b --tp 8", 0, &["fitted: sigma 0.15"]);
    assert!(!within.contains("scale-up"), "{within}");
    let json = desk.says("explain card h100 llama-3.3-70b --tp 16 --format json", 0, &["\"scale_up_chips\": 8"]);
    assert!(json.contains("\"link_bytes_per_s\": 50000000000.0"), "{json}");
    desk.says("explain card h100 llama-3.3-70b --tp 12", 2, &["12 / 8 = 1.50 is no whole number of them", "help:"]);
    desk.says("explain card mi300x llama-3.1-405b --tp 16", 2, &["no network that joins 16 / 8 = 2 of them"]);
    desk.says("explain card maia-100 llama-3.3-70b --tp 2", 2, &["how many chips its interconnect joins is not known"]);
}

/// A model that one L4 does not hold goes over the network between instances of one, and within an instance of four not.
#[test]
fn a_replay_says_over_what_its_replicas_talk() {
    let desk = Desk::new();
    let replay = "replay requests log.csv --model llama-3.3-70b --no-charts -o out --instance";
    let wide = [
        "--tp 4 by default",
        "4 x l4 are 4 scale-up domains of 1 (g6.xlarge)",
        "0.3125 GB/s a chip",
        "on 4 l4, extrapolated",
    ];
    desk.says(&format!("{replay} g6.xlarge"), 0, &wide);
    let within = desk.says(&format!("{replay} g6.12xlarge"), 0, &["--tp 4 by default"]);
    assert!(!within.contains("scale-up domains of"), "{within}");
    let usual = desk.says(&format!("{replay} p5.48xlarge"), 0, &["on 8 h100-sxm, fitted"]);
    assert!(!usual.contains("by default for") && !usual.contains("scale-up"), "{usual}");
    desk.says(
        &format!("{replay} p5.48xlarge --tp 1024"),
        0,
        &["128 scale-up domains of 8", "on 1024 h100-sxm, extrapolated"],
    );
    desk.says(&format!("{replay} p5.48xlarge --tp 3"), 0, &["beside 2 such replicas 2 of its chips are left over"]);
    desk.says(&format!("{replay} p5.48xlarge --tp 12"), 2, &["no whole number of them"]);
}

#[test]
fn a_service_says_over_what_its_replicas_talk() {
    let desk = Desk::new();
    let check = |chips: u32, code: i32, parts: &[&str]| {
        let text = format!(
            "[scenario]\nname = \"c\"\nstart = 2026-01-01\nend = 2026-01-02\nspin_up = \"0h\"\n\
             [pools.p]\ninstance = \"p5en.48xlarge\"\nnodes = 100\n\
             [labs.a.services.s]\nmodel = \"llama-3.3-70b\"\npools = [\"p\"]\n\
             demand = {{ requests_per_second = 10, input_tokens = 1155, output_tokens = 211 }}\n\
             replica = {{ chips = {chips} }}\nautoscaler = {{ min = 4, max = 4 }}\n"
        );
        std::fs::write(desk.0.path().join("s.toml"), text).unwrap();
        desk.says("check s.toml", code, parts)
    };
    let wide = [
        "replica of `labs.a.services.s` on pool `p`: 16 x h200-sxm are 2 scale-up domains of 8 (p5en.48xlarge)",
        "extrapolated",
    ];
    check(16, 0, &wide);
    assert!(!check(8, 0, &[]).contains("scale-up"));
    check(12, 2, &["s.toml:13:", "12 / 8 = 1.50 is no whole number", "2, 3 ... whole ones"]);
}

/// Its candidates are within an instance, so that none is wider than a domain.
#[test]
fn size_offers_no_replica_wider_than_an_instance() {
    let desk = Desk::new();
    desk.says("size log.csv --model llama-3.1-8b --slo ttft=2s --chips h100,l4 --no-charts -o out", 0, &[]);
    let table = std::fs::read_to_string(desk.0.path().join("out/candidates.csv")).unwrap();
    let chips = |instance: &str| -> Vec<u32> {
        let of = table.lines().filter_map(|line| line.strip_prefix(instance)?.split(',').nth(2)?.parse().ok());
        of.collect()
    };
    let most = |instance: &str| chips(&format!("{instance},")).into_iter().max();
    assert_eq!(["g6.xlarge", "g6.12xlarge", "p5.4xlarge"].map(most), [Some(1), Some(4), Some(1)]);
    assert!(most("p5.48xlarge") <= Some(8));
}
