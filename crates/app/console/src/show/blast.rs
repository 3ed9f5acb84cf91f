//! What a request reaches, as a drawing: the agent's action, what it changes, who uses that. The same stands beside it as a list,
//! which is what counts; nothing is only in the drawing.
//!
//! Columns are hops. Things alike are one node with their number; what does not fit is one node that says how many.

use std::collections::BTreeMap;

use interlock_action::{Effect, Forecast, name_of};
use interlock_api::{exact, last, visible};

/// Nodes in one column.
const TALLEST: usize = 14;
/// Of alike things so many stand for themselves.
const ALONE: usize = 4;
const WIDTH: usize = 260;
const HEIGHT: usize = 40;
const GAP: usize = 16;
const BETWEEN: usize = 70;
/// Letters that fit into a node.
const LETTERS: usize = 34;

/// A node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) x: usize,
    pub(crate) y: usize,
    /// What is written in it.
    pub(crate) label: String,
    /// The whole of it.
    pub(crate) title: String,
    /// `root`, `destroys`, `changes`, `depends`, `unknown`.
    pub(crate) class: &'static str,
    /// Where in the page the same stands in words.
    pub(crate) href: String,
}

impl Node {
    pub(crate) fn text_y(&self) -> usize {
        self.y + HEIGHT / 2 + 5
    }
    pub(crate) fn text_x(&self) -> usize {
        self.x + 12
    }
}

/// The drawing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Blast {
    pub(crate) nodes: Vec<Node>,
    /// Lines between two, as paths.
    pub(crate) edges: Vec<String>,
    pub(crate) width: usize,
    pub(crate) height: usize,
}

impl Blast {
    pub(crate) fn node_width(&self) -> usize {
        WIDTH
    }
    pub(crate) fn node_height(&self) -> usize {
        HEIGHT
    }
}

/// Something before it has its place.
struct Item {
    title: String,
    class: &'static str,
    href: String,
    /// The one of the column before that it hangs on.
    parent: usize,
}

/// Draws what a forecast says; nothing where it says nothing.
pub(crate) fn draw(root: &str, forecast: &Forecast, unknowns: &[String]) -> Option<Blast> {
    let changes = changed(forecast);
    let used = used(forecast, &changes, unknowns);
    if changes.is_empty() && used.is_empty() {
        return None;
    }
    let first = vec![Item { title: visible(root), class: "root", href: "#sentence".to_owned(), parent: 0 }];
    Some(laid_out(&[first, changes.into_iter().map(|(item, _)| item).collect(), used]))
}

/// What would be different: destroys first, alike ones together. With each, the names by which words may speak of it.
fn changed(forecast: &Forecast) -> Vec<(Item, Vec<String>)> {
    let mut groups: BTreeMap<(bool, String), Vec<&interlock_action::Change>> = BTreeMap::new();
    for change in &forecast.changes {
        let destroys = change.effect == Effect::Destroy;
        groups
            .entry((!destroys, format!("{} {}", change.effect, name_of(&change.kind))))
            .or_default()
            .push(change);
    }
    let mut items = Vec::new();
    for ((kept, what), group) in groups {
        let class = if kept { "changes" } else { "destroys" };
        let item = |title: String| Item { title, class, href: "#changes".to_owned(), parent: 0 };
        let name = |change: &interlock_action::Change| last(change.target.as_str()).to_owned();
        if group.len() <= ALONE {
            items.extend(group.iter().map(|change| {
                (item(format!("{}: {}", change.effect, exact(&name(change)))), vec![name(change)])
            }));
        } else {
            let names = group.iter().map(|change| name(change)).collect();
            items.push((item(format!("{} × {what}", group.len())), names));
        }
    }
    items
}

/// Who uses what would be different, and what nobody could see.
fn used(forecast: &Forecast, changes: &[(Item, Vec<String>)], unknowns: &[String]) -> Vec<Item> {
    let parent = |words: &str| {
        let speaks = |(_, names): &(Item, Vec<String>)| {
            names.iter().any(|name| !name.is_empty() && words.contains(name.as_str()))
        };
        changes.iter().position(speaks).unwrap_or(0)
    };
    let item = |words: &String, class: &'static str, href: &str| Item {
        title: visible(words),
        class,
        href: href.to_owned(),
        parent: parent(words),
    };
    let known = forecast.dependents.iter().map(|words| item(words, "depends", "#dependents"));
    let unknown = forecast.unknowns.iter().chain(unknowns).map(|words| item(words, "unknown", "#unknowns"));
    let mut all: Vec<Item> = known.chain(unknown).collect();
    // Whoever hangs on one thing stands together.
    all.sort_by_key(|item| item.parent);
    all
}

fn laid_out(columns: &[Vec<Item>]) -> Blast {
    let tall = columns.iter().map(|column| column.len().min(TALLEST)).max().unwrap_or(1);
    let height = GAP + tall * (HEIGHT + GAP);
    let mut blast = Blast {
        width: columns.iter().filter(|column| !column.is_empty()).count() * (WIDTH + BETWEEN) - BETWEEN + 2,
        height,
        ..Blast::default()
    };
    let mut before: Vec<(usize, usize)> = Vec::new();
    for (at, column) in columns.iter().filter(|column| !column.is_empty()).enumerate() {
        let shown = if column.len() > TALLEST { TALLEST - 1 } else { column.len() };
        let rows = column.len().min(TALLEST);
        let top = (height - rows * (HEIGHT + GAP)) / 2 + GAP / 2;
        let x = at * (WIDTH + BETWEEN) + 1;
        let place = |row: usize| (x, top + row * (HEIGHT + GAP));
        let mut these = Vec::new();
        let rest = column.len() - shown;
        let more = (rest > 0).then(|| Item {
            title: format!("{rest} more: see the list"),
            class: column.last().map_or("changes", |item| item.class),
            href: column.last().map_or_else(String::new, |item| item.href.clone()),
            parent: column.last().map_or(0, |item| item.parent),
        });
        for (row, item) in column.iter().take(shown).chain(more.as_ref()).enumerate() {
            let (x, y) = place(row);
            if let Some(&from) = before.get(item.parent).or(before.last()) {
                blast.edges.push(edge(from, (x, y)));
            }
            these.push((x, y));
            let (label, title) = (short(&item.title), item.title.clone());
            blast.nodes.push(Node { x, y, label, title, class: item.class, href: item.href.clone() });
        }
        before = these;
    }
    blast
}

fn edge((x, y): (usize, usize), (to_x, to_y): (usize, usize)) -> String {
    let (from, y, to_y) = (x + WIDTH, y + HEIGHT / 2, to_y + HEIGHT / 2);
    let half = (from + to_x) / 2;
    format!("M{from} {y} C{half} {y} {half} {to_y} {to_x} {to_y}")
}

/// As much as fits; the whole stands in the list.
fn short(title: &str) -> String {
    if title.chars().count() <= LETTERS {
        return title.to_owned();
    }
    title.chars().take(LETTERS - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use interlock_action::{Change, Kind};

    use super::*;

    fn forecast(destroys: usize, dependents: usize) -> Forecast {
        let change = |n: usize| Change {
            target: format!("arn:aws:rds:x:1:db:d{n}-").into(),
            kind: Kind::Database,
            effect: Effect::Destroy,
            what: String::new(),
            before: None,
            after: None,
        };
        Forecast {
            changes: (0..destroys).map(change).collect(),
            dependents: (0..dependents).map(|n| format!("function f{n} reads d1-")).collect(),
            unknowns: vec!["what a pipeline does".to_owned()],
            ..Forecast::assumed("")
        }
    }

    #[test]
    fn whoever_uses_a_thing_hangs_on_it() {
        let blast = draw("delete", &forecast(2, 1), &[]).unwrap_or_default();
        let titles: Vec<&str> = blast.nodes.iter().map(|node| node.title.as_str()).collect();
        assert_eq!(
            titles,
            ["delete", "destroy: d0-", "destroy: d1-", "what a pipeline does", "function f0 reads d1-"]
        );
        assert_eq!(blast.edges.len(), 4);
        assert!(draw("nothing", &Forecast { unknowns: Vec::new(), ..forecast(0, 0) }, &[]).is_none());
    }

    #[test]
    fn many_are_one_and_what_does_not_fit_is_counted() {
        let blast = draw("delete", &forecast(600, 200), &[]).unwrap_or_default();
        assert!(blast.nodes.len() <= 1 + 2 * TALLEST, "{}", blast.nodes.len());
        assert!(blast.nodes.iter().any(|node| node.title == "600 × destroy database"));
        assert!(blast.nodes.iter().any(|node| node.title.ends_with("more: see the list")));
        let inside = |node: &Node| node.x + WIDTH <= blast.width && node.y + HEIGHT <= blast.height;
        assert!(blast.nodes.iter().all(inside), "{blast:?}");
    }
}
