//! Commands as requests.

use std::io::{IsTerminal, Read, stdin};
use std::path::Path;

use crate::config::Config;
use crate::control::{self, Asked, Exit, Failure, Request, SlipForm};
use crate::credential::Secret;
use crate::directory::{Decision, Place, Reach};
use crate::language::Language;
use crate::limits;
use crate::name::Label;
use crate::provisioning::{Act, CreateUnit, FirstPassword, Hire, Registration};

use super::args;

/// `unit …`
pub(super) fn unit(unit: args::Unit) -> Request {
    match unit {
        args::Unit::List => Request::UnitList,
        args::Unit::Show { code } => Request::UnitShow(code),
        args::Unit::Create { code, name, kind, remote, parent, manner } => {
            let place = if remote { Place::Remote } else { Place::Lan };
            act(asked(Act::CreateUnit(CreateUnit { code, name, kind, place, parent }), manner))
        }
    }
}

/// `staff …`; asks for a password where one is to be set.
pub(super) fn staff(staff: args::Staff, config: &Config, language: Language) -> Result<Request, Failure> {
    Ok(match staff {
        args::Staff::List => Request::StaffList,
        args::Staff::Show(args::Who { who }) => Request::StaffShow(who),
        args::Staff::Hire(person) => hire(person, config),
        args::Staff::Suspend { who: args::Who { who }, manner } => act(asked(Act::Suspend { who }, manner)),
        args::Staff::Resume { who: args::Who { who }, manner } => act(asked(Act::Resume { who }, manner)),
        args::Staff::Passwd { who: args::Who { who }, source, manner } => {
            let password = password(&source, language)?;
            act(Asked { password, ..asked(Act::SetPassword { who }, manner) })
        }
    })
}

/// `mailbox …`
pub(super) fn mailbox(mailbox: args::Mailbox) -> Request {
    match mailbox {
        args::Mailbox::List => Request::MailboxList,
        args::Mailbox::Show { address } => Request::MailboxShow(address),
    }
}

/// `decision …`
pub(super) fn decision(decision: args::Decision) -> Request {
    match decision {
        args::Decision::List => Request::DecisionList,
        args::Decision::Show { number } => Request::DecisionShow(number),
    }
}

/// `audit …`
pub(super) fn audit(audit: &args::Audit) -> Request {
    match audit {
        args::Audit::List { last } => Request::AuditList { last: *last },
        args::Audit::Verify => Request::AuditVerify,
    }
}

/// Asks for an act as it is, with a password of the daemon's making.
pub(super) fn plain(act: Act, decision: Option<Decision>) -> Request {
    let manner = control::Manner::Apply;
    self::act(Asked { act, decision, password: None, note: None, manner, slip: SlipForm::Text })
}

/// The paper an act rests on; it holds from the day of its issue where no other is given.
pub(super) fn paper(
    number: Label,
    dated: jiff::civil::Date,
    effective: Option<jiff::civil::Date>,
    act: &Act,
) -> Decision {
    let effective = effective.unwrap_or(dated);
    Decision { number, dated, effective, kind: act.kind(), issuer: None, approver: None, note: None }
}

fn act(asked: Asked) -> Request {
    Request::Act(Box::new(asked))
}

fn asked(act: Act, manner: args::Manner) -> Asked {
    let apply = if manner.dry_run { control::Manner::Rehearse } else { control::Manner::Apply };
    let note = manner.note.map(String::from);
    Asked { act, decision: None, password: None, note, manner: apply, slip: SlipForm::Text }
}

fn hire(hire: args::Hire, config: &Config) -> Request {
    let provincial = config.organisation.provincial_domain.is_some() && !hire.no_provincial;
    let person = Act::Hire(Hire {
        name: hire.name,
        unit: hire.unit,
        position: hire.position,
        staff_code: hire.staff_code,
        address: hire.address,
        quota_bytes: hire.quota.map(|size| size.0),
        reach: if hire.internet { Reach::Internet } else { Reach::Province },
        registration: if provincial { Registration::Wanted } else { Registration::None },
        first_password: FirstPassword::ToBeChanged,
    });
    let by = hire.decision;
    let decision = Some(paper(by.number, by.dated, by.effective, &person));
    let slip = hire.slip.as_deref().map_or(SlipForm::Text, form);
    act(Asked { decision, slip, ..asked(person, hire.manner) })
}

/// The form of a slip, by the file's suffix.
fn form(file: &Path) -> SlipForm {
    let html = file.extension().is_some_and(|suffix| suffix.eq_ignore_ascii_case("html"));
    if html { SlipForm::Html } else { SlipForm::Text }
}

/// The new password, from where the command line says; none where one is to be made.
fn password(source: &args::PasswordSource, language: Language) -> Result<Option<Secret>, Failure> {
    let unreadable = |error: std::io::Error| Failure::new(Exit::System, "password_unreadable", &error.to_string());
    if source.generate {
        return Ok(None);
    }
    let text = if source.stdin { from_stdin().map_err(unreadable)? } else { prompted(language).map_err(unreadable)? };
    let refused = |error: crate::credential::SecretError| Failure::new(Exit::Input, "password", &error.to_string());
    Secret::parse(&text).map(Some).map_err(refused)
}

/// One line. A little more than the longest password is read, so that a longer one is refused and not cut.
fn from_stdin() -> std::io::Result<String> {
    let mut octets = Vec::new();
    let most = u64::try_from(limits::PASSWORD_BYTES_MAX).unwrap_or(u64::MAX).saturating_add(3);
    stdin().lock().take(most).read_to_end(&mut octets)?;
    let text = String::from_utf8(octets).map_err(std::io::Error::other)?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    Ok(line.strip_suffix('\r').unwrap_or(line).to_owned())
}

fn prompted(language: Language) -> std::io::Result<String> {
    if !stdin().is_terminal() {
        return Err(std::io::Error::other("--stdin | --generate"));
    }
    let (first, again, differ) = match language {
        Language::Vi => ("Mật khẩu mới: ", "Nhập lại: ", "hai lần nhập không giống nhau"),
        Language::En => ("New password: ", "Again: ", "the two differ"),
    };
    let typed = rpassword::prompt_password(first)?;
    if rpassword::prompt_password(again)? == typed { Ok(typed) } else { Err(std::io::Error::other(differ)) }
}
