//! Terraform's own `-json` stream, line by line, as whoever asked sees it.

use serde_json::Value;

/// What a line of the stream is to whoever asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// It is shown.
    Line(String),
    /// It says what went wrong.
    Fault(String),
    /// It says nothing to anybody.
    Nothing,
}

/// Reads one line. Values of outputs are not shown: what is sensitive in them only Terraform knows.
pub(crate) fn told(line: &str) -> Told {
    let Ok(value) = serde_json::from_str::<Value>(line) else {
        return if line.trim().is_empty() { Told::Nothing } else { Told::Line(line.to_owned()) };
    };
    let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    match text("/type").as_str() {
        "version" | "outputs" | "refresh_start" | "refresh_complete" | "log" => Told::Nothing,
        "diagnostic" => {
            let (summary, detail) = (text("/diagnostic/summary"), text("/diagnostic/detail"));
            let place = value.pointer("/diagnostic/range").map(|range| {
                let line = range.pointer("/start/line").and_then(Value::as_u64).unwrap_or_default();
                let file = range.get("filename").and_then(Value::as_str).unwrap_or_default();
                format!(" ({file}:{line})")
            });
            let words = format!("{summary}{}: {detail}", place.unwrap_or_default());
            if text("/diagnostic/severity") == "error" { Told::Fault(words) } else { Told::Line(words) }
        }
        _ => Told::Line(text("/@message")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_told_and_values_are_not() {
        let line = r#"{"@level":"info","@message":"aws_vpc.a: Creating...","type":"apply_start"}"#;
        assert_eq!(told(line), Told::Line("aws_vpc.a: Creating...".to_owned()));
        assert_eq!(told(r#"{"type":"outputs","outputs":{"a":{"value":"secret"}}}"#), Told::Nothing);
        let fault =
            r#"{"type":"diagnostic","diagnostic":{"severity":"error","summary":"No","detail":"because"}}"#;
        assert_eq!(told(fault), Told::Fault("No: because".to_owned()));
        assert_eq!(told("plain"), Told::Line("plain".to_owned()));
    }
}
