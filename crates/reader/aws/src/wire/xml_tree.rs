//! XML text to a tree of elements and back.
//!
//! What two XML parsers could read differently is refused in requests: document types, entities beyond the five,
//! comments, processing instructions, prefixed element names, characters that XML forbids.

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::limits::{MAX_DEPTH, MAX_VALUES, too_deep, too_many};
use super::walk::clip;
use crate::ReadError;

/// An element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Element {
    /// Its local name.
    pub(super) name: String,
    /// Qualified names and values, `xmlns` ones left out.
    pub(super) attributes: Vec<(String, String)>,
    /// The elements in it.
    pub(super) children: Vec<Element>,
    /// The text in it, all parts together.
    pub(super) text: String,
}

impl Element {
    /// An element with a text.
    pub(super) fn text(name: &str, text: &str) -> Self {
        Self { name: name.to_owned(), text: text.to_owned(), ..Self::default() }
    }

    /// The first child of that name.
    pub(super) fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }
}

fn malformed(what: &str) -> ReadError {
    ReadError::Malformed(format!("not XML: {what}"))
}

/// Reads one element that fills all of `bytes`.
pub(super) fn read(bytes: &[u8], strict: bool) -> Result<Element, ReadError> {
    let text = std::str::from_utf8(bytes).map_err(|_| malformed("not UTF-8"))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.chars().any(is_forbidden) {
        return Err(malformed("a character that XML forbids"));
    }
    let mut reader = Reader::from_str(text);
    reader.config_mut().enable_all_checks(true);
    let mut tree = Tree { open: Vec::new(), root: None, left: MAX_VALUES, strict };
    loop {
        match reader.read_event().map_err(|_| malformed("broken markup"))? {
            Event::Start(start) => tree.start(&start)?,
            Event::Empty(start) => {
                tree.start(&start)?;
                tree.end()?;
            }
            Event::End(_) => tree.end()?,
            Event::Text(text) => tree.text(&text.xml10_content())?,
            Event::CData(text) => tree.text(&text.xml10_content())?,
            Event::GeneralRef(reference) => tree.text(&resolve(&reference)?)?,
            Event::Decl(declaration) => {
                let utf8 = match declaration.encoding() {
                    None => true,
                    Some(Ok(name)) => name.eq_ignore_ascii_case("utf-8"),
                    Some(Err(_)) => false,
                };
                if !utf8 {
                    return Err(malformed("an encoding other than UTF-8"));
                }
            }
            Event::Comment(_) | Event::PI(_) if !strict => {}
            Event::Comment(_) => return Err(malformed("a comment")),
            Event::PI(_) => return Err(malformed("a processing instruction")),
            Event::DocType(_) => return Err(malformed("a document type")),
            Event::Eof => break,
        }
    }
    tree.root.filter(|_| tree.open.is_empty()).ok_or_else(|| malformed("cut short"))
}

struct Tree {
    open: Vec<Element>,
    root: Option<Element>,
    left: usize,
    strict: bool,
}

impl Tree {
    fn start(&mut self, start: &BytesStart<'_>) -> Result<(), ReadError> {
        if self.root.is_some() {
            return Err(malformed("a second root"));
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(too_deep());
        }
        self.left = self.left.checked_sub(1).ok_or_else(too_many)?;
        let qualified = start.name();
        let local = start.local_name();
        let (qualified, local) = (qualified.as_ref(), local.as_ref());
        if self.strict && qualified != local {
            return Err(ReadError::Ambiguous(format!("the XML element `{}` has a prefix", clip(qualified))));
        }
        let mut attributes = Vec::new();
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|_| malformed("broken attributes"))?;
            let name = attribute.key.as_ref();
            if name == "xmlns" || name.starts_with("xmlns:") {
                continue;
            }
            let value = attribute
                .normalized_value(XmlVersion::Implicit1_0)
                .map_err(|_| malformed("an entity in an attribute"))?;
            attributes.push((name.to_owned(), value.into_owned()));
        }
        self.open.push(Element { name: local.to_owned(), attributes, ..Element::default() });
        Ok(())
    }

    fn end(&mut self) -> Result<(), ReadError> {
        let element = self.open.pop().ok_or_else(|| malformed("an end without a start"))?;
        if self.strict && !element.children.is_empty() && !element.text.trim().is_empty() {
            return Err(malformed(&format!("text between the elements of `{}`", clip(&element.name))));
        }
        match self.open.last_mut() {
            Some(parent) => parent.children.push(element),
            None => self.root = Some(element),
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), ReadError> {
        match self.open.last_mut() {
            Some(element) => element.text.push_str(text),
            None if text.trim().is_empty() => {}
            None => return Err(malformed("text outside the root")),
        }
        Ok(())
    }
}

fn resolve(reference: &BytesRef<'_>) -> Result<String, ReadError> {
    if let Some(letter) =
        reference.resolve_char_ref().map_err(|_| malformed("a broken character reference"))?
    {
        let allowed = !is_forbidden(letter);
        return allowed.then(|| letter.to_string()).ok_or_else(|| malformed("a character that XML forbids"));
    }
    let name: &str = reference;
    let known = match name {
        "lt" => "<",
        "gt" => ">",
        "amp" => "&",
        "quot" => "\"",
        "apos" => "'",
        _ => return Err(malformed("an unknown entity")),
    };
    Ok(known.to_owned())
}

/// XML 1.0's `Char` production, turned round.
pub(super) fn is_forbidden(letter: char) -> bool {
    matches!(letter, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

/// Writes an element. `namespaces` are the `xmlns…` attributes of the root, as pairs of name and URI.
pub(super) fn write(element: &Element, namespaces: &[(String, &str)], out: &mut String) {
    out.push('<');
    out.push_str(&element.name);
    let namespaces = namespaces.iter().map(|(name, uri)| (name.as_str(), *uri));
    let attributes = element.attributes.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    for (name, value) in namespaces.chain(attributes) {
        out.push(' ');
        out.push_str(name);
        out.push_str("=\"");
        escape(value, true, out);
        out.push('"');
    }
    out.push('>');
    escape(&element.text, false, out);
    element.children.iter().for_each(|child| write(child, &[], out));
    out.push_str("</");
    out.push_str(&element.name);
    out.push('>');
}

/// Appends text, escaped; a carriage return survives only as a reference.
pub(super) fn escape(text: &str, attribute: bool, out: &mut String) {
    for letter in text.chars() {
        match letter {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\r' => out.push_str("&#xD;"),
            '\n' if attribute => out.push_str("&#xA;"),
            '\t' if attribute => out.push_str("&#x9;"),
            other => out.push(other),
        }
    }
}
