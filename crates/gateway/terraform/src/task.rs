//! What the task speaks of, beside what a plan comes to. The task is a person's; its words decide nothing, they are held against the
//! plan where people see both.

use interlock_reader_terraform::{Act, Reading};

/// Words for taking away.
const TAKING: [&str; 19] = [
    "remove",
    "removing",
    "removal",
    "delete",
    "deleting",
    "deletion",
    "destroy",
    "destroying",
    "drop",
    "terminate",
    "decommission",
    "retire",
    "clean",
    "cleanup",
    "purge",
    "tear",
    "teardown",
    "replace",
    "recreate",
];
/// Words for making.
const MAKING: [&str; 12] = [
    "add",
    "adding",
    "create",
    "creating",
    "make",
    "deploy",
    "launch",
    "provision",
    "set",
    "setup",
    "build",
    "rebuild",
];
/// Numbers that are written out.
const NUMBERS: [&str; 11] =
    ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
/// So many words may stand between what is to be done and how many.
const BETWEEN: usize = 3;
/// Words that turn what follows into its opposite, as far as that many words on.
const NOT: [&str; 6] = ["not", "never", "without", "no", "don", "nothing"];
/// More than so many are a year, a port, an amount.
const MOST: usize = 999;
/// One thing of a task is so many in a configuration, at most: a bucket has its policy, its keys, its rules.
const EACH: usize = 8;

/// Sentences on how far a plan is from the task.
pub(crate) fn far(task: &str, reading: &Reading, in_state: Option<u32>) -> Vec<String> {
    let count = |is: fn(&Act) -> bool| {
        reading.changes.iter().filter(|planned| planned.change.managed && is(&planned.change.act)).count()
    };
    let (taken, made) = (count(Act::takes), count(|act| *act == Act::Create));
    let words: Vec<String> = task
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    let mut far = Vec::new();
    match spoken(&words, &TAKING) {
        None if taken > 0 && words.iter().any(|word| TAKING.contains(&word.as_str())) => {
            far.push(format!("the task says to take nothing away, and this plan destroys {taken}"));
        }
        None if taken > 0 => {
            let of = in_state.map(|all| format!(" of the {all} in the state")).unwrap_or_default();
            far.push(format!(
                "the task says nothing of taking anything away, and this plan destroys {taken}{of}"
            ));
        }
        Some(Some(told)) if taken > told.saturating_mul(EACH) => {
            far.push(format!("the task speaks of taking {told} away, and this plan destroys {taken}"));
        }
        _ => {}
    }
    if let Some(Some(told)) = spoken(&words, &MAKING)
        && made > told.saturating_mul(EACH)
    {
        far.push(format!("the task speaks of making {told}, and this plan makes {made}"));
    }
    far
}

/// Whether one of these words is there and meant, and the first number that follows one closely.
fn spoken(words: &[String], of: &[&str]) -> Option<Option<usize>> {
    let negated = |at: usize| {
        let before = words.iter().take(at).skip(at.saturating_sub(BETWEEN));
        before.into_iter().any(|word| NOT.contains(&word.as_str()))
    };
    let meant = |(at, word): &(usize, &String)| of.contains(&word.as_str()) && !negated(*at);
    let mut found = words.iter().enumerate().filter(meant).peekable();
    found.peek()?;
    let number = |word: &String| {
        let told = NUMBERS.iter().position(|name| name == word);
        told.or_else(|| word.parse().ok()).filter(|count| (1..=MOST).contains(count))
    };
    Some(found.find_map(|(at, _)| words.iter().skip(at).take(BETWEEN.saturating_add(1)).find_map(number)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(task: &str, of: &[&str]) -> Option<Option<usize>> {
        spoken(&task.split(' ').map(str::to_owned).collect::<Vec<_>>(), of)
    }

    #[test]
    fn how_many_a_task_speaks_of() {
        assert_eq!(of("remove the 2 duplicate buckets", &TAKING), Some(Some(2)));
        assert_eq!(of("delete all three duplicates", &TAKING), Some(Some(3)));
        assert_eq!(of("clean up the duplicates", &TAKING), Some(None));
        assert_eq!(of("add a static site", &TAKING), None);
        assert_eq!(of("resize it, do not delete anything", &TAKING), None);
        assert_eq!(of("remove 2023 logs", &TAKING), Some(None));
        assert_eq!(of("add a static site", &MAKING), Some(None));
    }
}
