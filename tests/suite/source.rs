//! A Rust source file as the architecture test reads it: code without comments, literals and test modules.

use std::fs;
use std::path::Path;

/// One file under `src`.
pub struct Source {
    /// Path below `src`, with `/`.
    pub name: String,
    /// The top module it belongs to: `smtp` for `smtp/reply.rs` and `smtp.rs`.
    pub module: String,
    /// The text as it is.
    pub whole: String,
    /// The text with comments, literals and `#[cfg(test)]` modules blanked; lines stay where they are.
    pub code: String,
    /// Literals outside test modules: line, content.
    pub literals: Vec<(usize, String)>,
}

impl Source {
    pub fn read(root: &Path, path: &Path) -> Self {
        let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
        let module = name.split(['/', '.']).next().unwrap().to_owned();
        let whole = fs::read_to_string(path).unwrap();
        let (code, literals) = blank_literals(&whole);
        let (code, tests) = blank_tests(&code);
        let line_of = |at: usize| whole[..at].lines().count() + usize::from(whole[..at].ends_with('\n'));
        let literals = literals
            .into_iter()
            .filter(|(at, _)| !tests.iter().any(|range| range.contains(at)))
            .map(|(at, text)| (line_of(at), text))
            .collect();
        Self { name, module, whole, code, literals }
    }

    /// The parts of the path without `.rs`.
    pub fn components(&self) -> impl Iterator<Item = &str> {
        self.name.trim_end_matches(".rs").split('/')
    }

    /// Numbers of the lines whose code has `word`, each once.
    pub fn lines_with<'a>(&'a self, word: &'a str) -> impl Iterator<Item = usize> + 'a {
        self.code.lines().enumerate().filter(move |(_, line)| line.contains(word)).map(|(n, _)| n + 1)
    }

    /// Identifiers, in order.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.code.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
    }

    /// Every top module named by a path from the crate's root: `crate::a`, `crate::{a, b::c}`, or enough `super::`.
    pub fn crate_imports(&self) -> Vec<(usize, String)> {
        let mut found = Vec::new();
        for (at, rest) in self.root_paths() {
            let line = self.code[..at].matches('\n').count() + 1;
            found.extend(first_segments(rest).into_iter().map(|name| (line, name)));
        }
        found
    }

    /// Where a path from the root begins, and what follows its `::`.
    fn root_paths(&self) -> Vec<(usize, &str)> {
        let mut found: Vec<_> =
            self.code.match_indices("crate::").map(|(at, word)| (at, &self.code[at + word.len()..])).collect();
        let depth = self.components().filter(|part| *part != "mod").count();
        let escape = "super::".repeat(depth);
        found.extend(self.code.match_indices(&escape).map(|(at, word)| (at, &self.code[at + word.len()..])));
        found
    }
}

/// The first identifiers of a use tree.
fn first_segments(tree: &str) -> Vec<String> {
    let identifier = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let Some(group) = tree.strip_prefix('{') else { return vec![identifier(tree)] };
    let (mut depth, mut expects, mut found) = (0_usize, true, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => expects = true,
            c if expects && c.is_alphabetic() => {
                found.push(identifier(&group[at..]));
                expects = false;
            }
            _ => {}
        }
    }
    found
}

/// Blanks comments and literals, and gives the literals with their offsets.
fn blank_literals(text: &str) -> (String, Vec<(usize, String)>) {
    let (mut code, mut literals, mut at) = (String::with_capacity(text.len()), Vec::new(), 0);
    while let Some(plain) = text[at..].find(['/', '"', '\'']) {
        code.push_str(&text[at..at + plain]);
        at += plain;
        let rest = &text[at..];
        let (len, literal) = if rest.starts_with("//") {
            (rest.find('\n').unwrap_or(rest.len()), None)
        } else if rest.starts_with("/*") {
            (block_comment(rest), None)
        } else if let Some(inside) = rest.strip_prefix('"') {
            let len = hashes_of_raw(&code).map_or_else(|| quoted(rest, b'"'), |hashes| raw(inside, hashes));
            (len, Some(inside[..len - 1].trim_end_matches('#').trim_end_matches('"').to_owned()))
        } else if is_character(rest) {
            (quoted(rest, b'\''), None)
        } else {
            code.push_str(&rest[..1]);
            at += 1;
            continue;
        };
        code.extend(text.as_bytes()[at..at + len].iter().map(|b| if *b == b'\n' { '\n' } else { ' ' }));
        literals.extend(literal.map(|literal| (at, literal)));
        at += len;
    }
    code.push_str(&text[at..]);
    (code, literals)
}

fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    at
}

/// The `#` before the quote of a raw string; nothing where the code before it does not end in `r`, `r#` and so on.
fn hashes_of_raw(before: &str) -> Option<usize> {
    let prefix = before.trim_end_matches('#');
    prefix.ends_with('r').then(|| before.len() - prefix.len())
}

/// The length of a raw string from its opening quote on.
fn raw(inside: &str, hashes: usize) -> usize {
    let close = format!("\"{}", "#".repeat(hashes));
    1 + inside.find(&close).map_or(inside.len(), |at| at + close.len())
}

fn quoted(rest: &str, quote: u8) -> usize {
    let bytes = rest.as_bytes();
    let mut at = 1;
    while at < bytes.len() && bytes[at] != quote {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    at + 1
}

/// A character, not a lifetime.
fn is_character(rest: &str) -> bool {
    let mut chars = rest.chars().skip(1);
    match chars.next() {
        Some('\\') => true,
        Some(_) => chars.next() == Some('\''),
        None => false,
    }
}

/// Blanks what `#[cfg(test)]` governs, and gives the ranges.
fn blank_tests(code: &str) -> (String, Vec<std::ops::Range<usize>>) {
    let mut ranges = Vec::new();
    for (at, _) in code.match_indices("#[cfg(test)]") {
        let rest = &code[at..];
        let end = match (rest.find('{'), rest.find(';')) {
            (Some(open), semicolon) if semicolon.is_none_or(|s| open < s) => closing(rest, open),
            (_, semicolon) => semicolon.map_or(rest.len(), |s| s + 1),
        };
        ranges.push(at..at + end);
    }
    let mut blanked = code.as_bytes().to_vec();
    for byte in ranges.iter().flat_map(Clone::clone).filter(|at| code.as_bytes()[*at] != b'\n') {
        blanked[byte] = b' ';
    }
    (String::from_utf8(blanked).unwrap(), ranges)
}

fn closing(rest: &str, open: usize) -> usize {
    let mut depth = 0;
    for (at, c) in rest[open..].char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => return open + at + 1,
            '}' => depth -= 1,
            _ => {}
        }
    }
    rest.len()
}

#[test]
fn comments_literals_and_tests_are_not_code() {
    let (code, literals) =
        blank_literals("a(\"x // y\", 'c', b\"\\\"z\"); // crate::b\nlet r = r#\"q\"#; fn f<'a>() {}");
    assert!(!code.contains("crate::b") && code.contains("fn f<'a>()"), "{code}");
    let texts: Vec<_> = literals.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(texts, ["x // y", "\\\"z", "q"]);
    let (code, _) = blank_tests("x; #[cfg(test)] mod tests { fn a() { b() } } y;");
    assert_eq!(code.split_whitespace().collect::<String>(), "x;y;");
    assert_eq!(first_segments("{a::B, c::{d, e}, f}; g"), ["a", "c", "f"]);
}
