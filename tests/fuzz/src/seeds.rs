//! Makes seeds of what the clients say in transcripts: one file for each line, with its literal.
//! `make-seeds tests/transcripts/imap FOLDER`

use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let mut folders = env::args().skip(1);
    let (Some(transcripts), Some(into)) = (folders.next(), folders.next()) else {
        return Err(io::Error::other("two folders: the transcripts, and where the seeds go"));
    };
    fs::create_dir_all(&into)?;
    let mut made = 0;
    for entry in fs::read_dir(transcripts)? {
        let text = fs::read_to_string(entry?.path())?;
        let lines: Vec<&str> = text.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let said = line.split_once('>').filter(|(id, _)| id.len() == 1 && id.starts_with(|c: char| c.is_ascii_digit()));
            let Some((_, said)) = said else { continue };
            let block = lines[at + 1..].iter().take_while(|line| line.starts_with('|'));
            let literal: String = block.map(|line| format!("{}\r\n", line[1..].trim_start_matches(' '))).collect();
            made += 1;
            fs::write(Path::new(&into).join(format!("{made:04}")), seed(said, &literal))?;
        }
    }
    println!("{made} seeds");
    Ok(())
}

/// A line as it is sent; what the transcripts would repeat or fill in stays as it is written.
fn seed(said: &str, literal: &str) -> String {
    if let Some(segment) = said.strip_prefix("> ") {
        return segment.replace("\\r", "\r").replace("\\n", "\n");
    }
    let said = said.strip_prefix(' ').unwrap_or(said);
    for (end, plus) in [("{|}", ""), ("{+|}", "+")] {
        if let Some(head) = said.strip_suffix(end) {
            return format!("{head}{{{}{plus}}}\r\n{literal}\r\n", literal.len());
        }
    }
    format!("{said}\r\n")
}
