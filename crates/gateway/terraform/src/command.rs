//! A Terraform command line, as far as the gate takes it.
//!
//! What would lead past the gate is refused in one sentence; what it makes meaningless (`-auto-approve`, `-input`) is left out.

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verb {
    /// To initialise: checked, and done anew for each plan.
    Init,
    /// To plan.
    Plan {
        /// The file that is to stand for the plan.
        out: Option<String>,
        /// Whether the status tells that there are changes.
        detailed: bool,
    },
    /// To check the configuration; whether it is told as JSON.
    Validate(bool),
    /// To apply what is planned now, or the plan that a file stands for.
    Apply(Option<String>),
    /// To rehearse what is planned now, or the plan that a file stands for.
    Rehearse(Option<String>),
    /// To go back to what was last verified.
    Rollback,
    /// To show the state, or what of it.
    State(StateVerb),
}

/// What is asked of the state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StateVerb {
    /// The addresses in it.
    List,
    /// One resource.
    Show(String),
    /// The outputs, or one of them.
    Output(Option<String>, Form),
}

/// In which form a value is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As the configuration would say it.
    Words,
    /// As JSON.
    Json,
    /// A text as it is.
    Raw,
}

/// A command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// What is asked for.
    pub verb: Verb,
    /// Options that a plan depends on, in their order.
    pub options: Vec<String>,
    /// What is said of what was left out.
    pub told: Vec<String>,
}

/// A command that is not taken, in one sentence and what to do instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}. {next}")]
pub struct Refused {
    /// Why.
    pub why: String,
    /// What to do instead.
    pub next: &'static str,
}

fn refused(why: impl Into<String>, next: &'static str) -> Refused {
    Refused { why: why.into(), next }
}

const BLOCKS: &str =
    "Write it into the configuration as a `moved`, `removed` or `import` block, and plan that";
const PERSON: &str = "Ask a person: the state is kept by Interlock, every version of it";

/// Options with a value that a plan depends on.
const VALUED: [&str; 5] = ["-var", "-var-file", "-target", "-replace", "-exclude"];
/// Options without one.
const PLAIN: [&str; 5] = ["-destroy", "-refresh-only", "-refresh=false", "-refresh=true", "-refresh"];
/// Options that change nothing of what is done.
const IDLE: [&str; 9] = [
    "-no-color",
    "-compact-warnings",
    "-input",
    "-json",
    "-detailed-exitcode",
    "-parallelism",
    "-lock-timeout",
    "-concise",
    "-upgrade",
];

impl Command {
    /// Reads a command line, without the program's name.
    pub fn parse(arguments: &[String]) -> Result<Self, Refused> {
        let mut words = arguments.iter().map(String::as_str);
        let verb = words.next().unwrap_or_default();
        let rest: Vec<&str> = words.collect();
        match verb {
            "init" => Self::init(&rest),
            "plan" => {
                let (options, told, files, out) = options(&rest)?;
                no_files(&files)?;
                let detailed = rest.iter().any(|word| word.trim_start_matches('-') == "detailed-exitcode");
                Ok(Self { verb: Verb::Plan { out, detailed }, options, told })
            }
            "apply" | "rehearse" => {
                let of: fn(Option<String>) -> Verb =
                    if verb == "apply" { Verb::Apply } else { Verb::Rehearse };
                let (options, told, files, _) = options(&rest)?;
                let [file] = files.as_slice() else {
                    no_files(&files)?;
                    return Ok(Self { verb: of(None), options, told });
                };
                if !options.is_empty() {
                    return Err(refused(
                        "a plan that was made is applied as it is, and takes no options of its own",
                        "Plan again with them",
                    ));
                }
                Ok(Self { verb: of(Some(file.clone())), options, told })
            }
            "destroy" => {
                let (mut options, told, files, _) = options(&rest)?;
                no_files(&files)?;
                options.insert(0, "-destroy".to_owned());
                Ok(Self { verb: Verb::Apply(None), options, told })
            }
            "refresh" => {
                let (mut options, told, files, _) = options(&rest)?;
                no_files(&files)?;
                options.insert(0, "-refresh-only".to_owned());
                Ok(Self { verb: Verb::Apply(None), options, told })
            }
            "rollback" => {
                no_files(&rest.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())?;
                Ok(Self { verb: Verb::Rollback, options: Vec::new(), told: Vec::new() })
            }
            "validate" => {
                let json = rest.iter().any(|word| word.trim_start_matches('-') == "json");
                Ok(Self { verb: Verb::Validate(json), options: Vec::new(), told: Vec::new() })
            }
            "output" => Self::output(&rest),
            "show" if rest.iter().all(|word| *word == "-no-color") => Ok(Self::of_state(StateVerb::List)),
            "state" => Self::state(&rest),
            other => Err(unknown(other)),
        }
    }

    fn of_state(verb: StateVerb) -> Self {
        Self { verb: Verb::State(verb), options: Vec::new(), told: Vec::new() }
    }

    fn init(rest: &[&str]) -> Result<Self, Refused> {
        for word in rest {
            if ["-backend-config", "-migrate-state", "-force-copy", "-from-module"]
                .iter()
                .any(|option| word.starts_with(option))
            {
                return Err(refused(
                    format!("`{word}` would keep the state elsewhere, and it is kept by Interlock"),
                    "Leave it out: `terraform init` needs no options here",
                ));
            }
        }
        Ok(Self { verb: Verb::Init, options: Vec::new(), told: Vec::new() })
    }

    fn output(rest: &[&str]) -> Result<Self, Refused> {
        let (mut name, mut form) = (None, Form::Words);
        for word in rest {
            match word.trim_start_matches('-') {
                "json" => form = Form::Json,
                "raw" => form = Form::Raw,
                "no-color" => {}
                plain if plain == *word && name.is_none() => name = Some(plain.to_owned()),
                _ => return Err(refused(format!("`{word}` is not understood here"), "Leave it out")),
            }
        }
        Ok(Self::of_state(StateVerb::Output(name, form)))
    }

    fn state(rest: &[&str]) -> Result<Self, Refused> {
        match rest {
            ["list", ..] => Ok(Self::of_state(StateVerb::List)),
            ["show", words @ ..] => match words.iter().find(|word| !word.starts_with('-')) {
                Some(address) => Ok(Self::of_state(StateVerb::Show((*address).to_owned()))),
                None => Err(refused("`state show` takes an address", "Find it with `terraform state list`")),
            },
            ["push", ..] => Err(refused("`state push` would write another state over this one", PERSON)),
            ["pull", ..] => Err(refused("a state holds secrets, and is not handed out", "Use `state list`")),
            [verb @ ("rm" | "mv" | "replace-provider"), ..] => {
                Err(refused(format!("`state {verb}` would change the state past every plan"), BLOCKS))
            }
            _ => Err(refused("this is no `state` command that is known here", "See `terraform state -help`")),
        }
    }
}

fn unknown(verb: &str) -> Refused {
    match verb {
        "import" => refused("`import` would write the state past every plan", BLOCKS),
        "taint" | "untaint" => {
            refused(format!("`{verb}` would write the state past every plan"), "Plan with `-replace=ADDRESS`")
        }
        "force-unlock" => refused(
            "a lock ends with what holds it, which Interlock runs itself",
            "Wait, and send the same command again",
        ),
        "workspace" => refused(
            "another workspace is another state: Interlock chooses it, not the environment",
            "Work in the folder of its own configuration, or ask a person",
        ),
        "console" | "test" | "query" | "stacks" | "login" | "logout" | "cloud" | "rpcapi" => refused(
            format!("`terraform {verb}` runs without a plan that anybody could look at"),
            "Use `plan` and `apply`",
        ),
        "show" => refused(
            "a state or a plan as a whole holds secrets, and is not handed out",
            "Use `plan`, `state list`, `state show ADDRESS` or `output -json`",
        ),
        other => refused(
            format!("`terraform {other}` is no command that Interlock knows"),
            "Use init, validate, plan, apply, destroy, output, show or state list",
        ),
    }
}

fn no_files(files: &[String]) -> Result<(), Refused> {
    match files.first() {
        None => Ok(()),
        Some(word) => Err(refused(format!("`{word}` is not understood here"), "Leave it out")),
    }
}

type Options = (Vec<String>, Vec<String>, Vec<String>, Option<String>);

/// What a plan depends on, what is told, what is no option, and where the plan is to stand.
fn options(words: &[&str]) -> Result<Options, Refused> {
    let (mut options, mut told, mut files, mut out) = (Vec::new(), Vec::new(), Vec::new(), None);
    let mut words = words.iter().copied();
    while let Some(word) = words.next() {
        let plain = word.strip_prefix('-').filter(|rest| rest.starts_with('-')).unwrap_or(word);
        let (name, value) = plain.split_once('=').map_or((plain, None), |(name, value)| (name, Some(value)));
        let named = |names: &[&str]| names.contains(&name);
        if !word.starts_with('-') {
            files.push(word.to_owned());
        } else if named(&VALUED) {
            let value = value.map(str::to_owned).or_else(|| words.next().map(str::to_owned));
            let value = value.ok_or_else(|| refused(format!("`{name}` takes a value"), "Give it one"))?;
            options.push(format!("{name}={value}"));
        } else if name == "-out" {
            out = value.map(str::to_owned).or_else(|| words.next().map(str::to_owned));
        } else if PLAIN.contains(&plain) {
            options.push(plain.to_owned());
        } else if name == "-auto-approve" {
            told.push("`-auto-approve` means nothing here: who is asked, the policy says".to_owned());
        } else if name == "-lock" {
            if value != Some("true") {
                return Err(refused(
                    "the state is locked while it is planned and applied",
                    "Leave `-lock` out",
                ));
            }
        } else if named(&[
            "-state",
            "-state-out",
            "-backup",
            "-backend-config",
            "-chdir",
            "-generate-config-out",
        ]) {
            return Err(refused(
                format!("`{name}` would read or write past the state that Interlock keeps"),
                "Leave it out",
            ));
        } else if named(&IDLE) {
            if ["-parallelism", "-lock-timeout"].contains(&name) && value.is_none() {
                words.next();
            }
        } else {
            return Err(refused(format!("`{word}` is no option that Interlock knows"), "Leave it out"));
        }
    }
    Ok((options, told, files, out))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Command, Refused> {
        Command::parse(&line.split(' ').map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn what_a_plan_depends_on_is_kept_and_the_rest_is_left_out() {
        let plan =
            parse("plan -out=plan -var name=dev -target=aws_s3_bucket.a -no-color -input=false").unwrap();
        assert_eq!(plan.verb, Verb::Plan { out: Some("plan".to_owned()), detailed: false });
        assert_eq!(parse("plan -detailed-exitcode").unwrap().verb, Verb::Plan { out: None, detailed: true });
        let output = StateVerb::Output(Some("name".to_owned()), Form::Raw);
        assert_eq!(parse("output -raw name").unwrap().verb, Verb::State(output));
        assert_eq!(plan.options, ["-var=name=dev", "-target=aws_s3_bucket.a"]);
        let apply = parse("destroy -auto-approve --refresh=false -parallelism 20").unwrap();
        assert_eq!((apply.verb, apply.told.len()), (Verb::Apply(None), 1));
        assert_eq!(apply.options, ["-destroy", "-refresh=false"]);
        assert_eq!(parse("apply plan").unwrap().verb, Verb::Apply(Some("plan".to_owned())));
    }

    #[test]
    fn what_leads_past_the_gate_is_refused_in_words() {
        for line in [
            "apply -lock=false",
            "plan -state=other.tfstate",
            "apply -state-out=x -auto-approve",
            "state push -force x.tfstate",
            "state rm aws_s3_bucket.a",
            "state pull",
            "show -json",
            "show plan",
            "output -state=other",
            "import aws_s3_bucket.a a",
            "init -migrate-state",
            "init -backend-config=bucket=mine",
            "workspace select other",
            "force-unlock 1",
            "console",
            "plan -strange",
            "apply -destroy plan",
            "",
        ] {
            let refused = parse(line).unwrap_err();
            assert!(refused.why.len() > 10 && !refused.next.is_empty(), "{line}");
        }
    }
}
