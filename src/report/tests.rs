use jiff::tz::TimeZone;

use super::*;
use crate::id::IncidentId;
use crate::incident::{Incident, Kind, State};

/// A month in which nothing happened, of which nothing is known.
fn quiet() -> Report {
    let month: Month = "2026-10".parse().unwrap();
    Report {
        month,
        organisation: "Sở Tư pháp".to_owned(),
        office: "Văn phòng".to_owned(),
        made_at: "2026-11-03T00:30:00Z".parse().unwrap(),
        through: month.last(),
        people: People::default(),
        decisions: Vec::new(),
        decisions_waiting: 0,
        duties: Vec::new(),
        work: Vec::new(),
        incidents: Incidents::default(),
        limits: Limits::default(),
        traffic: month.days().map(|day| Day { day, mail: None }).collect(),
        traffic_total: None,
        storage: Storage::default(),
        health: Health { audit_ok: true, last_backup: Some(month.last()), ..Health::default() },
    }
}

fn both(report: &Report) -> [String; 2] {
    [text(report, &TimeZone::UTC), html(report, &TimeZone::UTC)]
}

#[test]
fn a_quiet_month_is_told_without_figures_that_are_not_known() {
    for written in both(&quiet()) {
        assert!(written.contains("Không có điểm bất thường."), "{written}");
        assert_eq!(written.matches("Trong tháng không có số liệu.").count(), 2, "{written}");
        assert!(written.contains("Thư bị giữ lại"), "{written}");
    }
}

#[test]
fn nothing_that_others_wrote_acts_in_the_report() {
    let hostile = "<script>alert(1)</script>\u{1b}[31m\r\nBcc: x\u{202e}\"'&amp;";
    let incident = Incident {
        id: IncidentId(1),
        at: 0,
        reporter: hostile.to_owned(),
        kind: Kind::Fault,
        mailbox: None,
        text: hostile.repeat(100),
        state: State::Open,
        closed_at: None,
        closed_by: None,
        outcome: None,
    };
    let duty = Owed { unit_name: hostile.to_owned(), section: hostile.to_owned(), missing: 1, ..Owed::default() };
    let report = Report {
        organisation: hostile.to_owned(),
        incidents: Incidents { list: vec![incident], ..Incidents::default() },
        duties: vec![duty],
        health: Health { alarms: vec![hostile.to_owned()], ..Health::default() },
        ..quiet()
    };
    let [text, html] = both(&report);
    for written in [&text, &html] {
        assert!(written.chars().all(|c| c == '\n' || !c.is_control() && c != '\u{202e}'), "{written:?}");
    }
    assert!(!html.to_lowercase().contains("<script") && html.contains("&lt;script&gt;"), "{html}");
    assert!(text.len() < 10_000 && html.len() < 100_000, "what is long is cut");
}

#[test]
fn a_list_has_an_end() {
    let work = |n: usize| Work {
        address: None,
        name: format!("Đơn vị {n}"),
        arrived: 1,
        taken: 0,
        done: 0,
        median_seconds: None,
        open: 1,
        overdue: 0,
    };
    let report = Report { work: (0..1_000).map(work).collect(), ..quiet() };
    for written in both(&report) {
        assert!(written.contains("Và 940 dòng khác."), "{written}");
    }
}
