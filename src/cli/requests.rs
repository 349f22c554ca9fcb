//! Commands as requests.

use std::io::{IsTerminal, Read, stdin};
use std::path::Path;

use jiff::civil::Date;

use crate::config::Config;
use crate::control::{self, Asked, Exit, Failure, Request, SlipForm};
use crate::credential::{Bond, Secret};
use crate::directory::{Decision, Place, Reach, Treatment};
use crate::language::Language;
use crate::limits;
use crate::name::Label;
use crate::provisioning::{
    Act, AddMachine, CloseUnit, CreateUnit, Delegate, Depart, FirstPassword, HandOver, Hire, OpenMailbox, Registration,
    Reinstate, Rename, RenameUnit, SplitUnit, Transfer,
};

use super::args;

/// `unit …`
pub(super) fn unit(unit: args::Unit) -> Request {
    match unit {
        args::Unit::List => Request::UnitList,
        args::Unit::Show { code } => Request::UnitShow(code),
        args::Unit::Create { code, name, kind, remote, parent, decision, manner } => {
            decided(Act::CreateUnit(CreateUnit { code, name, kind, place: place(remote), parent }), decision, manner)
        }
        args::Unit::Rename { code, name, new_code, decision, manner } => {
            decided(Act::RenameUnit(RenameUnit { code, name, new_code }), decision, manner)
        }
        args::Unit::Merge { code, into, decision, manner } => decided(Act::MergeUnit { code, into }, decision, manner),
        args::Unit::Split(args::Split { code, new, name, kind, remote, parent, staff, decision, manner }) => {
            let new = CreateUnit { code: new, name, kind, place: place(remote), parent };
            decided(Act::SplitUnit(SplitUnit { code, new, staff }), decision, manner)
        }
        args::Unit::Close { code, grace, new_mail, decision, manner } => {
            let treatment = treatment(new_mail);
            decided(Act::CloseUnit(CloseUnit { code, grace, treatment }), decision, manner)
        }
        args::Unit::Appoint { code, head, record, decision, manner } => {
            slipped(decided(Act::AppointHead { code, who: head }, decision, manner), record.as_deref())
        }
    }
}

/// `staff …`; asks for a password where one is to be set.
pub(super) fn staff(staff: args::Staff, config: &Config, language: Language) -> Result<Request, Failure> {
    Ok(match staff {
        args::Staff::List => Request::StaffList,
        args::Staff::Show(args::Who { who }) => Request::StaffShow(who),
        args::Staff::Hire(person) => hire(person, config),
        args::Staff::Transfer(args::Transfer { who, to, position, handover_to, decision, manner }) => {
            decided(Act::Transfer(Transfer { who: who.who, to, position, handover_to }), decision, manner)
        }
        args::Staff::Promote { who, position, decision, manner } => {
            decided(Act::Promote { who: who.who, position }, decision, manner)
        }
        args::Staff::Rename(args::Rename { who, name, address, decision, manner }) => {
            decided(Act::Rename(Rename { who: who.who, name, address }), decision, manner)
        }
        args::Staff::Depart(args::Depart { who, reason, handover_to, grace, new_mail, decision, manner }) => {
            let treatment = treatment(new_mail);
            let depart = Depart { who: who.who, reason, handover_to, grace, treatment };
            decided(Act::Depart(depart), decision, manner)
        }
        args::Staff::Reinstate(args::Reinstate { who, unit, position, slip, decision, manner }) => {
            let first_password = FirstPassword::ToBeChanged;
            let reinstate = Act::Reinstate(Reinstate { who: who.who, unit, position, first_password });
            slipped(decided(reinstate, decision, manner), slip.as_deref())
        }
        args::Staff::Suspend { who, decision, manner } => decided(Act::Suspend { who: who.who }, decision, manner),
        args::Staff::Resume { who, decision, manner } => decided(Act::Resume { who: who.who }, decision, manner),
        args::Staff::Passwd { who, source, slip, manner } => {
            let password = password(&source, language)?;
            let set = Asked { password, ..asked(Act::SetPassword { who: who.who }, manner) };
            slipped(act(set), slip.as_deref())
        }
        args::Staff::Compromised { who, slip, manner } => {
            slipped(act(asked(Act::Compromised { who: who.who }, manner)), slip.as_deref())
        }
    })
}

/// `mailbox …`
pub(super) fn mailbox(mailbox: args::Mailbox) -> Request {
    match mailbox {
        args::Mailbox::List => Request::MailboxList,
        args::Mailbox::Show { address } => Request::MailboxShow(address),
        args::Mailbox::Rights { address } => Request::MailboxRights(address),
        args::Mailbox::Delegate(args::Delegate { address, to, rights, from, until, manner }) => {
            act(asked(Act::Delegate(Delegate { mailbox: address, to, rights, from, until }), manner))
        }
        args::Mailbox::Revoke { address, from, manner } => act(asked(Act::Revoke { mailbox: address, from }, manner)),
        args::Mailbox::Handover(args::HandOver { address, from, to, record, decision, manner }) => {
            let hand_over = Act::HandOver(HandOver { mailbox: address, from, to });
            slipped(decided(hand_over, decision, manner), record.as_deref())
        }
        args::Mailbox::Manifest { address } => Request::MailboxManifest(address),
        args::Mailbox::Device(device) => self::device(device),
        args::Mailbox::Alias(args::Alias::Add { address, alias, manner }) => {
            act(asked(Act::AddAlias { mailbox: address, alias }, manner))
        }
        args::Mailbox::Alias(args::Alias::Remove { alias, manner }) => act(asked(Act::RemoveAlias { alias }, manner)),
        args::Mailbox::Quota { address, size, manner } => {
            act(asked(Act::SetQuota { mailbox: address, quota_bytes: size.0 }, manner))
        }
        args::Mailbox::Open { address, reason, minutes, manner } => {
            act(asked(Act::OpenMailbox(OpenMailbox { mailbox: address, reason, minutes }), manner))
        }
    }
}

/// `mailbox device …`
fn device(device: args::Device) -> Request {
    match device {
        args::Device::List { address } => Request::MailboxDevices(address),
        args::Device::Add(args::AddDevice { address, name, network, purpose, doors, manner }) => {
            let bond = Bond { networks: network, purpose, doors };
            act_on(Act::AddMachine(AddMachine { mailbox: address, device: name, bond }), manner)
        }
        args::Device::Remove { address, name, manner } => {
            act_on(Act::RemoveMachine { mailbox: address, device: name }, manner)
        }
    }
}

/// An act that rests on no paper.
pub(super) fn act_on(act: Act, manner: args::Manner) -> Request {
    self::act(asked(act, manner))
}

/// `decision …`
pub(super) fn decision(decision: args::Decision) -> Request {
    match decision {
        args::Decision::List => Request::DecisionList,
        args::Decision::Show { number } => Request::DecisionShow(number),
        args::Decision::Cancel { number, manner } => Request::DecisionCancel {
            number,
            note: manner.note.map(String::from),
            manner: if manner.dry_run { control::Manner::Rehearse } else { control::Manner::Apply },
        },
    }
}

/// Asks for an act as it is, with a password of the daemon's making.
pub(super) fn plain(act: Act, decision: Option<Decision>) -> Request {
    let manner = control::Manner::Apply;
    self::act(Asked { act, decision, password: None, note: None, manner, slip: SlipForm::Text })
}

/// The paper an act rests on; it holds from the day of its issue where no other is given.
pub(super) fn paper(number: Label, dated: Date, act: &Act) -> Decision {
    Decision { number, dated, effective: dated, kind: act.kind(), issuer: None, approver: None, note: None }
}

/// An act that rests on the paper that was named, if one was.
fn decided(act: Act, by: args::ByDecision, manner: args::Manner) -> Request {
    let args::ByDecision { number, dated, effective, issuer, approver } = by;
    let decision = number.zip(dated).map(|(number, dated)| Decision {
        effective: effective.unwrap_or(dated),
        issuer: issuer.map(String::from),
        approver: approver.map(String::from),
        note: manner.note.clone().map(String::from),
        ..paper(number, dated, &act)
    });
    self::act(Asked { decision, ..asked(act, manner) })
}

/// The slip, or the minutes, takes the form of the file it is for.
fn slipped(request: Request, file: Option<&Path>) -> Request {
    match request {
        Request::Act(mut asked) => {
            asked.slip = file.map_or(SlipForm::Text, form);
            Request::Act(asked)
        }
        other => other,
    }
}

fn place(remote: bool) -> Place {
    if remote { Place::Remote } else { Place::Lan }
}

/// What was said of new mail; a reply names who took over, which the rule finds out.
fn treatment(new_mail: args::NewMail) -> Option<Treatment> {
    match new_mail {
        args::NewMail { forward_to: Some(to), .. } => Some(Treatment::Forward(to)),
        args::NewMail { reply: true, .. } => Some(Treatment::Reply(None)),
        args::NewMail { refuse: true, .. } => Some(Treatment::Refuse),
        args::NewMail { .. } => None,
    }
}

fn act(asked: Asked) -> Request {
    Request::Act(Box::new(asked))
}

fn asked(act: Act, manner: args::Manner) -> Asked {
    let (note, manner) = manner.parts();
    Asked { act, decision: None, password: None, note, manner, slip: SlipForm::Text }
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
    slipped(decided(person, hire.decision, hire.manner), hire.slip.as_deref())
}

/// The form of a slip, by the file's suffix.
pub(super) fn form(file: &Path) -> SlipForm {
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
