//! What is wrong with a command line, in both languages: everything that is missing or unfit is named.

use std::error::Error as _;

use clap::Error;
use clap::error::{ContextKind, ErrorKind};

use crate::address::AddressError;
use crate::config::value::ValueError;
use crate::directory::RightsError;
use crate::language::Language;
use crate::name::NameError;
use crate::period::PeriodError;

/// What is wrong, in one line.
pub(super) fn message(error: &Error, language: Language) -> String {
    let given = |kind| error.get(kind).map(ToString::to_string);
    let told = |kind| given(kind).unwrap_or_default();
    let (argument, value) = (told(ContextKind::InvalidArg), told(ContextKind::InvalidValue));
    let word = told(ContextKind::InvalidSubcommand);
    let wrong = match (error.kind(), language) {
        (ErrorKind::MissingRequiredArgument, Language::Vi) => format!("còn thiếu: {argument}"),
        (ErrorKind::MissingRequiredArgument, Language::En) => format!("missing: {argument}"),
        (ErrorKind::InvalidValue | ErrorKind::ValueValidation, _) if value.is_empty() => match language {
            Language::Vi => format!("{argument} cần có giá trị"),
            Language::En => format!("{argument} needs a value"),
        },
        (ErrorKind::InvalidValue | ErrorKind::ValueValidation, Language::Vi) => {
            format!("{argument} không nhận \"{value}\": {}", reason(error, language))
        }
        (ErrorKind::InvalidValue | ErrorKind::ValueValidation, Language::En) => {
            format!("{argument} cannot be \"{value}\": {}", reason(error, language))
        }
        (ErrorKind::UnknownArgument, Language::Vi) => format!("không có tham số {argument} ở lệnh này"),
        (ErrorKind::UnknownArgument, Language::En) => format!("this command does not take {argument}"),
        (ErrorKind::InvalidSubcommand, Language::Vi) => format!("không có lệnh \"{word}\""),
        (ErrorKind::InvalidSubcommand, Language::En) => format!("there is no command \"{word}\""),
        (ErrorKind::MissingSubcommand, Language::Vi) => {
            format!("còn thiếu lệnh: {}", told(ContextKind::ValidSubcommand))
        }
        (ErrorKind::MissingSubcommand, Language::En) => {
            format!("a command is missing: {}", told(ContextKind::ValidSubcommand))
        }
        (ErrorKind::ArgumentConflict, Language::Vi) => {
            format!("{argument} không dùng cùng với {}", told(ContextKind::PriorArg))
        }
        (ErrorKind::ArgumentConflict, Language::En) => {
            format!("{argument} cannot be used with {}", told(ContextKind::PriorArg))
        }
        _ => first_line(error),
    };
    let meant = given(ContextKind::SuggestedSubcommand).or_else(|| given(ContextKind::SuggestedArg));
    match (meant, language) {
        (Some(meant), Language::Vi) => format!("{wrong}; có phải {meant}?"),
        (Some(meant), Language::En) => format!("{wrong}; did you mean {meant}?"),
        (None, _) => wrong,
    }
}

/// Why a value is not taken, or which ones are.
fn reason(error: &Error, language: Language) -> String {
    let Some(cause) = error.source() else {
        return error.get(ContextKind::ValidValue).map(ToString::to_string).unwrap_or_default();
    };
    if let Some(name) = cause.downcast_ref::<NameError>() {
        return name.message(language);
    }
    let form = match language {
        Language::Vi => vietnamese(cause),
        Language::En => None,
    };
    form.map_or_else(|| cause.to_string(), str::to_owned)
}

/// What would be taken, in Vietnamese, where the cause says it in English.
fn vietnamese(cause: &(dyn std::error::Error + 'static)) -> Option<&'static str> {
    if cause.is::<AddressError>() {
        Some("cần một địa chỉ hoặc tên miền đúng, thí dụ daont@daklak.doj.gov.vn")
    } else if cause.is::<ValueError>() {
        Some("ghi số nguyên dương với k, M hoặc G, thí dụ 25M")
    } else if cause.is::<PeriodError>() {
        Some("ghi số nguyên với d, mo hoặc y, thí dụ 30d, 1y6mo")
    } else if cause.is::<RightsError>() {
        Some("ghi read, process, send, cách nhau bằng dấu phẩy")
    } else if cause.is::<std::num::ParseIntError>() {
        Some("cần một số nguyên")
    } else {
        None
    }
}

/// What stands behind it: how the command is used, and where more is said.
pub(super) fn advice(error: &Error, language: Language) -> String {
    let usage = error.get(ContextKind::Usage).map(|usage| format!("{usage}\n")).unwrap_or_default();
    match language {
        Language::Vi => format!("{}Xem thêm: --help\n", usage.replacen("Usage:", "Cách dùng:", 1)),
        Language::En => format!("{usage}More is said by --help\n"),
    }
}

fn first_line(error: &Error) -> String {
    let text = error.render().to_string();
    text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned()
}
