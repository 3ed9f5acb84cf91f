//! Choices, read off the input one byte at a time. Past its end every choice is the first one.

/// What is left of the input.
pub(crate) struct Cursor<'b> {
    bytes: &'b [u8],
}

/// Text that parsers and rules look for.
const WORDS: [&str; 46] = [
    "*",
    "",
    "a",
    "true",
    "false",
    "dev-db",
    "prod-db",
    "0.0.0.0/0",
    "::/0",
    "111122223333",
    "999988887777",
    "i-0123456789abcdef0",
    "vol-0123456789abcdef0",
    "sg-0123456789abcdef0",
    "arn:aws:iam::111122223333:role/admin",
    "arn:aws:iam::aws:policy/AdministratorAccess",
    "arn:aws:iam::999988887777:root",
    "arn:aws:rds:us-east-1:111122223333:db:prod",
    "arn:aws:s3:::bucket/key",
    "arn:aws:s3:::bucket",
    "arn:aws:dynamodb:us-east-1:111122223333:table/t/index/i",
    "arn:aws:lambda:us-east-1:111122223333:function:f:1",
    "arn:aws:kms:us-east-1:111122223333:key/11112222-3333-4444-5555-666677778888",
    "arn:aws:cloudformation:us-east-1:111122223333:stack/s/1",
    "arn::::::",
    "arn:",
    "https://sqs.us-east-1.amazonaws.com/111122223333/q",
    "bucket/key",
    "AWS::RDS::DBInstance",
    r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#,
    r#"{"Statement":{"Effect":"Deny","NotPrincipal":{"AWS":"a"},"NotAction":["s3:*"]}}"#,
    "SELECT * FROM \"t\"",
    "DELETE FROM t WHERE a=1",
    "SELECT wipe$count(1)",
    "SELECT é(1)",
    "-- x\nDROP TABLE t",
    "2026-01-02T03:04:05Z",
    "1970-01-01T00:00:00Z",
    "AWS",
    "all",
    "Suspended",
    "DELETE",
    "password",
    "é𝄞\u{0}",
    "../..",
    "%2e%2e/%00",
];

impl<'b> Cursor<'b> {
    pub(crate) fn new(bytes: &'b [u8]) -> Self {
        Self { bytes }
    }

    /// What is left.
    pub(crate) fn rest(&self) -> &'b [u8] {
        self.bytes
    }

    pub(crate) fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.bytes.split_first() else { return 0 };
        self.bytes = rest;
        *first
    }

    /// Less than `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        let byte = usize::from(self.byte());
        let wide = if bound > 256 { byte << 8 | usize::from(self.byte()) } else { byte };
        wide % bound.max(1)
    }

    /// A word that means something, or a few bytes of the input.
    pub(crate) fn text(&mut self) -> String {
        let choice = self.below(64);
        if let Some(word) = WORDS.get(choice) {
            return (*word).to_owned();
        }
        let length = self.below(40).min(self.bytes.len());
        let (text, rest) = self.bytes.split_at(length);
        self.bytes = rest;
        String::from_utf8_lossy(text).into_owned()
    }
}
