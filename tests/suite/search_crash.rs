//! The index of SEARCH under SIGKILL: the real program is killed while it indexes what comes in. After each start the
//! check is clean, and every search finds what the messages themselves say, however far the index has come.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::client::Client;
use crate::process::Process;

const ROUNDS: usize = 5;
/// More in all than a segment of the index has.
const MESSAGES_PER_ROUND: usize = 90;

#[test]
fn a_kill_while_indexing_leaves_every_search_complete() {
    let dir = tempfile::tempdir().unwrap();
    let data_dir = dir.path().join("hopthu-data");
    let mut process = Process::start(&data_dir);
    let person = process.people().remove(0);
    for round in 0..ROUNDS {
        let mut client = process.imap_as(&person);
        for n in 0..MESSAGES_PER_ROUND {
            let message = format!(
                "From: so{n}@example.vn\r\nSubject: vòng {round} thư {n}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\
                 Kế hoạch số {}/QĐ của tuần {n}.\r\n",
                n * 7 % 50
            );
            client.append("Drafts", "", message.as_bytes());
        }
        std::thread::sleep(Duration::from_millis(u64::try_from(round * 37 % 100).unwrap()));
        process.kill();
        drop(process);
        process = Process::start(&data_dir);
        process.assert_clean();
        compare(&mut process.imap_as(&person), (round + 1) * MESSAGES_PER_ROUND);
    }
    // Time for the index to come to its end, with searches on the way.
    for _ in 0..10 {
        std::thread::sleep(Duration::from_millis(100));
        compare(&mut process.imap_as(&person), ROUNDS * MESSAGES_PER_ROUND);
    }
    process.assert_clean();
}

fn compare(client: &mut Client, count: usize) {
    client.ok("EXAMINE Drafts");
    let messages = texts(client);
    assert_eq!(messages.len(), count);
    for (key, needle) in [
        ("SUBJECT", "vong 1"),
        ("SUBJECT", "thu 8"),
        ("FROM", "so7"),
        ("BODY", "ke hoach so 35"),
        ("BODY", "hoac"),
        ("BODY", "9."),
        ("TEXT", "hu 4"),
        ("TEXT", "ke hoach so"),
        ("TEXT", "khong co"),
    ] {
        let line = client.ok(&format!("UID SEARCH {key} \"{needle}\"")).remove(0);
        let found: Vec<u32> = line.split(' ').skip(2).map(|uid| uid.parse().unwrap()).collect();
        let holds = |text: &&[String; 3]| match key {
            "SUBJECT" => text[0].contains(needle),
            "FROM" => text[1].contains(needle),
            "BODY" => text[2].contains(needle),
            _ => text.iter().any(|text| text.contains(needle)),
        };
        let expected: Vec<u32> = messages.iter().filter(|(_, text)| holds(text)).map(|(uid, _)| *uid).collect();
        assert_eq!(found, expected, "{key} {needle}");
    }
}

/// Subject, sender and body of each message, folded, by UID.
fn texts(client: &mut Client) -> BTreeMap<u32, [String; 3]> {
    let mut texts: BTreeMap<u32, [String; 3]> = BTreeMap::new();
    let mut uid = 0;
    for line in client.ok("FETCH 1:* (UID BODY.PEEK[])") {
        if let Some(rest) = line.split("(UID ").nth(1) {
            uid = rest.split(' ').next().unwrap().parse().unwrap();
            texts.entry(uid).or_default();
            continue;
        }
        let Some(text) = texts.get_mut(&uid) else { continue };
        let (at, line) = match (line.strip_prefix("Subject: "), line.strip_prefix("From: ")) {
            (Some(subject), _) => (0, subject),
            (_, Some(from)) => (1, from),
            _ => (2, line.as_str()),
        };
        text[at] += &hopthu::text::fold(line);
    }
    texts
}
