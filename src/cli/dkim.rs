//! `dkim …`

use std::fmt::Write;

use clap::Subcommand;

use crate::authentic::{Pair, Record, Standing};
use crate::control::Request;
use crate::control::dkim::{Act, Answer, Ask};
use crate::language::Language;

use super::args::Manner;
use super::tables::{rehearsed, table};

/// `dkim …`
#[derive(Debug, Subcommand)]
pub enum Dkim {
    /// Các cặp khoá và bản ghi DNS của chúng | The pairs of keys and their DNS records
    List,
    /// Tạo cặp khoá mới, chưa dùng | Make a new pair, not used yet
    Rotate {
        /// Every act takes these.
        #[command(flatten)]
        manner: Manner,
    },
    /// Ký bằng cặp khoá này, khi DNS đã có bản ghi | Sign with this pair, once DNS has its records
    Use {
        /// Tên cặp khoá | The pair's name
        #[arg(value_name = "PAIR")]
        pair: String,
        /// Every act takes these.
        #[command(flatten)]
        manner: Manner,
    },
    /// Bỏ cặp khoá không còn dùng | Remove a pair that is no longer used
    Retire {
        /// Tên cặp khoá | The pair's name
        #[arg(value_name = "PAIR")]
        pair: String,
        /// Every act takes these.
        #[command(flatten)]
        manner: Manner,
    },
}

/// The command as a request.
pub(super) fn request(dkim: Dkim) -> Request {
    let change = |act, manner: Manner| {
        let (note, manner) = manner.parts();
        Ask::Change { act, note, manner }
    };
    Request::Dkim(match dkim {
        Dkim::List => Ask::List,
        Dkim::Rotate { manner } => change(Act::Rotate, manner),
        Dkim::Use { pair, manner } => change(Act::Use(pair), manner),
        Dkim::Retire { pair, manner } => change(Act::Retire(pair), manner),
    })
}

/// The answer for people.
pub(super) fn show(answer: &Answer, language: Language) -> String {
    match answer {
        Answer::List { pairs } | Answer::Changed { pairs, dry_run: false, .. } => list(pairs, language),
        Answer::Changed { pairs, dry_run: true, .. } => rehearsed(&list(pairs, language), language),
    }
}

/// A table of the pairs, and below it their records, which no table is wide enough for.
fn list(pairs: &[Pair], language: Language) -> String {
    let headings = match language {
        Language::Vi => ["tên miền", "cặp khoá", "tình trạng"],
        Language::En => ["domain", "pair", "state"],
    };
    let row = |pair: &Pair| [pair.domain.to_string(), pair.name.clone(), standing(pair.standing, language).to_owned()];
    let mut text = table(headings, pairs.iter().map(row));
    for Record { name, txt } in pairs.iter().flat_map(|pair| &pair.records) {
        let _ = write!(text, "\n{name} TXT\n  {txt}\n");
    }
    text
}

fn standing(standing: Standing, language: Language) -> &'static str {
    match (standing, language) {
        (Standing::InUse, Language::Vi) => "đang ký",
        (Standing::InUse, Language::En) => "signs",
        (Standing::Kept, Language::Vi) => "không ký",
        (Standing::Kept, Language::En) => "does not sign",
    }
}
