//! Figures: medians, percentiles, and the table that is printed.

use std::time::Duration;

/// What a figure counts in, and which way is better.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    PerSecond,
    MegabytesPerSecond,
    Milliseconds,
    Megabytes,
    Each,
}

/// One measured work.
pub struct Figure {
    pub work: String,
    pub unit: Unit,
    pub value: f64,
}

impl Unit {
    fn name(self) -> &'static str {
        match self {
            Self::PerSecond => "/s",
            Self::MegabytesPerSecond => "MB/s",
            Self::Milliseconds => "ms",
            Self::Megabytes => "MB",
            Self::Each => "",
        }
    }

    fn more_is_better(self) -> bool {
        matches!(self, Self::PerSecond | Self::MegabytesPerSecond)
    }
}

impl Figure {
    pub fn new(work: impl Into<String>, unit: Unit, value: f64) -> Self {
        Self { work: work.into(), unit, value }
    }
}

/// The middle one; of an even number the upper.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The value that `share` of all do not exceed.
pub fn percentile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let at = ((values.len() as f64 - 1.0) * share).round() as usize;
    values.get(at).copied().unwrap_or(f64::NAN)
}

pub fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Prints each work with its figure, the peer's, and how many times better than the peer.
pub fn print(ours: &[Figure], peer: Option<(&str, &[Figure])>) {
    let name = peer.map_or("", |(name, _)| name);
    println!("{:44} {:>12} {:6} {:>16} {:>7}", "work", "hopthu", "", name, if name.is_empty() { "" } else { "ratio" });
    for figure in ours {
        print!("{:44} {:>12} {:6}", figure.work, short(figure.value), figure.unit.name());
        let theirs = peer.and_then(|(_, figures)| figures.iter().find(|f| f.work == figure.work));
        match theirs {
            Some(theirs) => {
                let ratio = if figure.unit.more_is_better() {
                    figure.value / theirs.value
                } else {
                    theirs.value / figure.value
                };
                println!(" {:>16} {:>7}", short(theirs.value), format!("{ratio:.2}"));
            }
            None => println!(),
        }
    }
}

fn short(value: f64) -> String {
    match value {
        v if v >= 100.0 => format!("{v:.0}"),
        v if v >= 10.0 => format!("{v:.1}"),
        v => format!("{v:.2}"),
    }
}
