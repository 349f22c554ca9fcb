//! BODYSTRUCTURE and BODY (RFC 9051 §7.5.2).

use std::borrow::Cow;
use std::ops::Range;

use memchr::memchr_iter;

use super::envelope::Envelope;
use super::field::{Field, fields};
use super::media::{Parameter, media_type, parameters, word};
use super::nstring::{nstring, number, string};
use super::part::{Content, Part};
use crate::limits;

/// The two descriptions of a message's parts.
pub(super) struct Structure {
    /// BODYSTRUCTURE: with extension data.
    pub(super) full: Vec<u8>,
    /// BODY: without.
    pub(super) basic: Vec<u8>,
}

/// Describes a message; one that would take more than [`limits::STRUCTURE_BYTES_MAX`] as a single text.
pub(super) fn structure(raw: &[u8], root: &Part) -> Structure {
    let mut writer = Writer { raw, out: Vec::with_capacity(USUAL_BYTES), extensions: Vec::new(), is_full: false };
    writer.part(root);
    if writer.is_full {
        writer = Writer { raw, out: Vec::new(), extensions: Vec::new(), is_full: false };
        writer.part(&Part { content: Content::Text, header: root.header.clone(), body: root.body.clone(), ..*root });
    }
    Structure { basic: writer.without_extensions(), full: writer.out }
}

/// What a BODYSTRUCTURE of usual mail takes: saves growing step by step.
const USUAL_BYTES: usize = 1024;

struct Writer<'a> {
    raw: &'a [u8],
    out: Vec<u8>,
    /// Where in `out` extension data lies, in order: what BODY is without.
    extensions: Vec<Range<usize>>,
    /// The bound is reached: nothing more is described.
    is_full: bool,
}

/// The MIME fields of one part, each as it came.
#[derive(Default)]
struct Mime<'a> {
    kind: Option<Cow<'a, [u8]>>,
    encoding: Option<Cow<'a, [u8]>>,
    id: Option<Cow<'a, [u8]>>,
    description: Option<Cow<'a, [u8]>>,
    disposition: Option<Cow<'a, [u8]>>,
    language: Option<Cow<'a, [u8]>>,
    location: Option<Cow<'a, [u8]>>,
}

impl<'a> Mime<'a> {
    /// Of a repeated field the last counts for the structure (the parser goes by it), so it counts here too.
    fn of(header: &'a [u8]) -> Self {
        let mut mime = Self::default();
        for field in fields(header) {
            if let Some(place) = mime.place(&field) {
                *place = Some(field.unfolded());
            }
        }
        mime
    }

    fn place(&mut self, field: &Field<'_>) -> Option<&mut Option<Cow<'a, [u8]>>> {
        const PREFIX: &[u8] = b"content-";
        let (prefix, rest) = field.name.split_at_checked(PREFIX.len())?;
        if !prefix.eq_ignore_ascii_case(PREFIX) {
            return None;
        }
        let named = |known: &str| rest.eq_ignore_ascii_case(known.as_bytes());
        Some(match rest.len() {
            2 if named("id") => &mut self.id,
            4 if named("type") => &mut self.kind,
            8 if named("language") => &mut self.language,
            8 if named("location") => &mut self.location,
            11 if named("description") => &mut self.description,
            11 if named("disposition") => &mut self.disposition,
            17 if named("transfer-encoding") => &mut self.encoding,
            _ => return None,
        })
    }

    fn parameters(&self) -> Vec<Parameter<'_>> {
        self.kind.as_deref().map(parameters).unwrap_or_default()
    }

    /// The type that agrees with what the parser made of the part: a multipart without a boundary is text, an encoded
    /// message is a file.
    fn leaf_type(&self, content: &Content) -> (Vec<u8>, Vec<u8>) {
        let own = |kind: &str, subtype: &str| (kind.as_bytes().to_vec(), subtype.as_bytes().to_vec());
        let declared = self.kind.as_deref().and_then(media_type);
        match (content, declared) {
            (Content::Html, _) => own("text", "html"),
            (Content::Text, Some((kind, subtype))) if kind == b"text" => (kind, subtype),
            (Content::Other, Some((kind, subtype))) if !is_opened(&kind, &subtype) => (kind, subtype),
            (Content::Other, _) => own("application", "octet-stream"),
            _ => own("text", "plain"),
        }
    }
}

/// Types whose description has a form of its own, which a leaf does not have.
fn is_opened(kind: &[u8], subtype: &[u8]) -> bool {
    kind == b"multipart" || kind == b"text" || (kind == b"message" && matches!(subtype, b"rfc822" | b"global"))
}

impl Writer<'_> {
    /// ```abnf
    /// body = "(" (body-type-1part / body-type-mpart) ")"
    /// ```
    ///
    /// Recursion is bounded by [`limits::MIME_DEPTH_MAX`].
    fn part(&mut self, part: &Part) {
        self.is_full |= self.out.len() > limits::STRUCTURE_BYTES_MAX;
        if self.is_full {
            return;
        }
        let mime = Mime::of(self.raw.get(part.header.clone()).unwrap_or_default());
        self.out.push(b'(');
        match &part.content {
            Content::Multipart(children) => self.multipart(&mime, children),
            Content::Message(message) => self.message(&mime, part, message),
            content => self.leaf(&mime, part, content),
        }
        self.out.push(b')');
    }

    /// ```abnf
    /// body-type-mpart = 1*body SP media-subtype [SP body-ext-mpart]
    /// body-ext-mpart  = body-fld-param [SP body-fld-dsp [SP body-fld-lang [SP body-fld-loc …]]]
    /// ```
    fn multipart(&mut self, mime: &Mime<'_>, children: &[Part]) {
        for child in children {
            self.part(child);
        }
        if children.is_empty() {
            self.out.extend_from_slice(b"(\"text\" \"plain\" NIL NIL NIL \"7bit\" 0 0)");
        }
        let subtype = mime.kind.as_deref().and_then(media_type).map(|(_, subtype)| subtype);
        self.out.push(b' ');
        string(&mut self.out, &subtype.unwrap_or_else(|| b"mixed".to_vec()));
        let begin = self.out.len();
        self.out.push(b' ');
        self.parameters(&mime.parameters());
        self.extension(mime);
        self.extensions.push(begin..self.out.len());
    }

    /// ```abnf
    /// body-type-msg = media-message SP body-fields SP envelope SP body SP body-fld-lines
    /// ```
    fn message(&mut self, mime: &Mime<'_>, part: &Part, message: &Part) {
        let declared = mime.kind.as_deref().and_then(media_type);
        // RFC 6532 §3.7; a part of multipart/digest says nothing and is message/rfc822 (RFC 2046 §5.1.5).
        let is_global = declared.is_some_and(|(_, subtype)| subtype == b"global");
        self.media(b"message", if is_global { b"global" } else { b"rfc822" });
        self.body_fields(mime, &mime.parameters(), part);
        self.out.push(b' ');
        Envelope::of(self.raw.get(message.header.clone()).unwrap_or_default()).write(&mut self.out);
        self.out.push(b' ');
        let before = self.out.len();
        self.part(message);
        if self.out.len() == before {
            nstring(&mut self.out, None);
        }
        self.lines(part);
        self.single_extension(mime);
    }

    /// ```abnf
    /// body-type-basic = media-basic SP body-fields
    /// body-type-text  = media-text SP body-fields SP body-fld-lines
    /// ```
    fn leaf(&mut self, mime: &Mime<'_>, part: &Part, content: &Content) {
        let (kind, subtype) = mime.leaf_type(content);
        self.media(&kind, &subtype);
        let is_text = kind == b"text";
        let mut parameters = mime.parameters();
        let is_declared_text = mime.kind.as_deref().and_then(media_type).is_some_and(|(kind, _)| kind == b"text");
        if is_text && !is_declared_text {
            // RFC 2045 §5.2: what has no type that can be used is text/plain in US-ASCII.
            parameters = vec![(b"charset".to_vec(), Cow::Borrowed(b"us-ascii"))];
        }
        self.body_fields(mime, &parameters, part);
        if is_text {
            self.lines(part);
        }
        self.single_extension(mime);
    }

    fn media(&mut self, kind: &[u8], subtype: &[u8]) {
        string(&mut self.out, kind);
        self.out.push(b' ');
        string(&mut self.out, subtype);
    }

    /// ```abnf
    /// body-fields = body-fld-param SP body-fld-id SP body-fld-desc SP body-fld-enc SP body-fld-octets
    /// ```
    fn body_fields(&mut self, mime: &Mime<'_>, parameters: &[Parameter<'_>], part: &Part) {
        self.out.push(b' ');
        self.parameters(parameters);
        self.out.push(b' ');
        nstring(&mut self.out, mime.id.as_deref());
        self.out.push(b' ');
        nstring(&mut self.out, mime.description.as_deref());
        self.out.push(b' ');
        let encoding = mime.encoding.as_deref().and_then(word);
        string(&mut self.out, encoding.as_deref().unwrap_or(b"7bit"));
        self.out.push(b' ');
        number(&mut self.out, part.body.len());
    }

    fn lines(&mut self, part: &Part) {
        self.out.push(b' ');
        let body = self.raw.get(part.body.clone()).unwrap_or_default();
        number(&mut self.out, memchr_iter(b'\n', body).count());
    }

    /// ```abnf
    /// body-ext-1part = body-fld-md5 [SP body-fld-dsp [SP body-fld-lang [SP body-fld-loc …]]]
    /// ```
    fn single_extension(&mut self, mime: &Mime<'_>) {
        let begin = self.out.len();
        self.out.extend_from_slice(b" NIL");
        self.extension(mime);
        self.extensions.push(begin..self.out.len());
    }

    /// ```abnf
    /// body-fld-dsp  = "(" string SP body-fld-param ")" / nil
    /// body-fld-lang = nstring / "(" string *(SP string) ")"
    /// body-fld-loc  = nstring
    /// ```
    fn extension(&mut self, mime: &Mime<'_>) {
        self.out.push(b' ');
        match mime.disposition.as_deref().map(|value| (word(value), value)) {
            Some((Some(disposition), value)) => {
                self.out.push(b'(');
                string(&mut self.out, &disposition);
                self.out.push(b' ');
                self.parameters(&parameters(value));
                self.out.push(b')');
            }
            _ => nstring(&mut self.out, None),
        }
        self.out.push(b' ');
        self.languages(mime.language.as_deref().unwrap_or_default());
        self.out.push(b' ');
        nstring(&mut self.out, mime.location.as_deref());
    }

    /// RFC 3282 §2.
    fn languages(&mut self, value: &[u8]) {
        let tags = value.split(|byte| *byte == b',').filter_map(word).take(limits::MIME_LANGUAGES_MAX);
        self.list(tags, |out, tag| string(out, &tag));
    }

    /// ```abnf
    /// body-fld-param = "(" string SP string *(SP string SP string) ")" / nil
    /// ```
    fn parameters(&mut self, parameters: &[Parameter<'_>]) {
        self.list(parameters.iter(), |out, (name, value)| {
            string(out, name);
            out.push(b' ');
            string(out, value);
        });
    }

    /// A parenthesised list, or NIL where there is nothing to list.
    fn list<T>(&mut self, items: impl Iterator<Item = T>, write: impl Fn(&mut Vec<u8>, T)) {
        let mut opening = b'(';
        for item in items {
            self.out.push(opening);
            opening = b' ';
            write(&mut self.out, item);
        }
        if opening == b'(' {
            nstring(&mut self.out, None);
        } else {
            self.out.push(b')');
        }
    }

    fn without_extensions(&self) -> Vec<u8> {
        let mut basic = Vec::with_capacity(self.out.len());
        let mut kept = 0;
        for extension in &self.extensions {
            basic.extend_from_slice(self.out.get(kept..extension.start).unwrap_or_default());
            kept = extension.end;
        }
        basic.extend_from_slice(self.out.get(kept..).unwrap_or_default());
        basic
    }
}
