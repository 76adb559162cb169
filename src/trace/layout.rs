//! The published layouts of job logs: which column means what, in which unit. A table; reads nothing.

use Field::*;

/// What a column says of a job.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Field {
    /// Name of the job, different from every other's.
    Id,
    /// When it was submitted.
    Submit,
    /// Gang size [chips].
    Chips,
    /// Gang size where [`Field::Chips`] is missing [chips].
    ChipsElse,
    /// Thousandths of one chip that a job of one chip asks for.
    ChipMilli,
    /// Running time.
    Duration,
    /// When it began to run; with [`Field::Ended`] in place of a running time.
    Started,
    /// When it ceased to run.
    Ended,
    /// The group of nodes it waits for.
    Queue,
    /// Larger goes first.
    Priority,
    /// Running time as its user expected it.
    Estimate,
    /// What kind of job it is.
    Class,
}

/// How many [`Field`]s there are.
pub(super) const FIELDS: usize = 12;

/// A column of a layout.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// What it says.
    pub field: Field,
    /// Its name in the header; the first that is there counts.
    pub names: &'static [&'static str],
    /// Without it the file is refused.
    pub required: bool,
}

/// How a layout writes instants; durations are seconds in every layout.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Times {
    /// Seconds from an origin of its own.
    Seconds,
    /// Civil date and time, `2017-10-09 07:01:55`, read as UTC.
    Civil,
}

/// How a layout parts the fields of a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Form {
    /// Commas, a header, quotes as in RFC 4180.
    Comma,
    /// White space, no header; lines that begin with `;` are comments.
    Space,
}

/// A published layout.
#[derive(Debug)]
pub struct Layout {
    /// As `--layout` spells it.
    pub name: &'static str,
    /// Whose log it is, in a sentence.
    pub what: &'static str,
    /// Where the layout is published.
    pub source: &'static str,
    /// How instants are written.
    pub times: Times,
    /// Every column that is read; others are allowed and passed over.
    pub columns: &'static [Column],
    /// How a figure that was not recorded is written: such a job never ran and is left out, and counted.
    pub missing: &'static [&'static str],
    /// A job of no chips is a job of another kind (CPU only): left out, and counted. Otherwise it is a mistake.
    pub zero_chips_left_out: bool,
    pub(super) form: Form,
    /// Names of the columns where the file has no header.
    pub(super) header: &'static [&'static str],
}

const fn must(field: Field, names: &'static [&'static str]) -> Column {
    Column { field, names, required: true }
}
const fn may(field: Field, names: &'static [&'static str]) -> Column {
    Column { field, names, required: false }
}

/// Every layout, the plain one first.
pub static LAYOUTS: [Layout; 5] = [PLAIN, PHILLY, HELIOS, OPENB, SWF];

/// The layout of that name.
pub fn layout(name: &str) -> Option<&'static Layout> {
    LAYOUTS.iter().find(|layout| layout.name == name)
}

const PLAIN: Layout = Layout {
    name: "plain",
    what: "CSV job_id,submit_s,chips,duration_s[,queue][,priority][,estimate_s][,class], all times in seconds",
    source: "hedgerow",
    times: Times::Seconds,
    columns: &[
        must(Id, &["job_id"]),
        must(Submit, &["submit_s"]),
        must(Chips, &["chips"]),
        must(Duration, &["duration_s"]),
        may(Queue, &["queue"]),
        may(Priority, &["priority"]),
        may(Estimate, &["estimate_s"]),
        may(Class, &["class"]),
    ],
    missing: &[],
    zero_chips_left_out: false,
    form: Form::Comma,
    header: &[],
};

/// A job has no name there: its number in order of submission stands in.
const PHILLY: Layout = Layout {
    name: "philly",
    what: "Microsoft Philly as Helios cleaned it: timestamp as a civil date, duration in seconds, num_gpus, cluster (virtual cluster) as queue",
    source: "github.com/msr-fiddle/philly-traces; github.com/S-Lab-System-Group/HeliosArtifact, cluster_log.csv of Philly",
    times: Times::Civil,
    columns: &[
        may(Id, &["job_id", "jobid"]),
        must(Submit, &["timestamp", "submit_time", "submitted_time"]),
        must(Chips, &["num_gpus", "gpu_num", "gpus"]),
        must(Duration, &["duration"]),
        may(Queue, &["cluster", "vc"]),
    ],
    missing: &[],
    zero_chips_left_out: true,
    form: Form::Comma,
    header: &[],
};

/// Its column `queue` is a waiting time [s]; the virtual cluster is what we call the queue.
const HELIOS: Layout = Layout {
    name: "helios",
    what: "SenseTime Helios cluster_log.csv: submit_time as a civil date, duration in seconds, gpu_num, vc as queue, state as class; jobs without GPUs left out",
    source: "github.com/S-Lab-System-Group/HeliosData, README, schema of cluster_log.csv",
    times: Times::Civil,
    columns: &[
        must(Id, &["job_id"]),
        must(Submit, &["submit_time"]),
        must(Chips, &["gpu_num", "num_gpus"]),
        must(Duration, &["duration"]),
        may(Queue, &["vc"]),
        may(Class, &["state"]),
    ],
    missing: &[],
    zero_chips_left_out: true,
    form: Form::Comma,
    header: &[],
};

const OPENB: Layout = Layout {
    name: "openb",
    what: "Alibaba GPU 2023 openb_pod_list: seconds; runs from scheduled_time to deletion_time; num_gpu, gpu_milli below 1000 takes a whole GPU, qos as class; pods without GPUs or never scheduled left out",
    source: "github.com/alibaba/clusterdata, cluster-trace-gpu-v2023, README and csv/openb_pod_list_default.csv",
    times: Times::Seconds,
    columns: &[
        must(Id, &["name"]),
        must(Submit, &["creation_time"]),
        must(Chips, &["num_gpu"]),
        may(ChipMilli, &["gpu_milli"]),
        must(Started, &["scheduled_time"]),
        must(Ended, &["deletion_time"]),
        may(Class, &["qos"]),
    ],
    missing: &["", "nan", "NaN"],
    zero_chips_left_out: true,
    form: Form::Comma,
    header: &[],
};

const SWF: Layout = Layout {
    name: "swf",
    what: "Standard Workload Format 2.2: 18 fields between spaces, seconds, -1 where missing; requested processors (else allocated), requested time as estimate; dates where the header has UnixStartTime",
    source: "www.cs.huji.ac.il/labs/parallel/workload/swf.html",
    times: Times::Seconds,
    columns: &[
        must(Id, &["job_number"]),
        must(Submit, &["submit_time"]),
        must(Chips, &["requested_processors"]),
        may(ChipsElse, &["allocated_processors"]),
        must(Duration, &["run_time"]),
        may(Estimate, &["requested_time"]),
        may(Queue, &["queue_number"]),
    ],
    missing: &["-1", "-1.0", "-1.00"],
    zero_chips_left_out: true,
    form: Form::Space,
    header: &[
        "job_number",
        "submit_time",
        "wait_time",
        "run_time",
        "allocated_processors",
        "average_cpu_time",
        "used_memory",
        "requested_processors",
        "requested_time",
        "requested_memory",
        "status",
        "user_id",
        "group_id",
        "executable_number",
        "queue_number",
        "partition_number",
        "preceding_job",
        "think_time",
    ],
};

impl Layout {
    /// Whether instants of this layout are civil dates whatever the file says.
    pub fn has_dates(&self) -> bool {
        self.times == Times::Civil
    }

    pub(super) fn is_missing(&self, text: &[u8]) -> bool {
        self.missing.iter().any(|missing| missing.as_bytes() == text)
    }
}
