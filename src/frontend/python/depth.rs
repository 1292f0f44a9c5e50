//! How deep a file's syntax tree is, measured on its tokens.
//!
//! The parser grows its stack as it needs, but whoever drops a tree recurses through it. Brackets, blocks and prefix operators nest to the
//! right and cost the parser stack; `a + b + c` and `a.b().c()` nest to the left and cost it none. Neither number is exact: both may count
//! tokens that turn out to stand side by side, and neither misses a nesting by more than a small factor.

use ruff_python_ast::token::TokenKind;

/// Past this many brackets, blocks and prefix operators a file is refused (Python's own limits are 200 brackets and 100 blocks).
const MAX_NESTING: u32 = 1_000;
/// Past this many links of one chain a file is refused.
const MAX_CHAIN: u32 = 100_000;

/// What was measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Depth {
    /// The deepest nesting.
    pub(super) nesting: u32,
    /// The longest chain, counted over the enclosing brackets too.
    pub(super) chain: u32,
    /// Which token first went past a bound.
    pub(super) refused_at: Option<usize>,
}

impl Depth {
    /// An upper estimate of the tree's depth.
    pub(super) fn total(self) -> u32 {
        self.nesting.saturating_add(self.chain)
    }

    /// Measures a sequence of tokens.
    pub(super) fn of(tokens: impl Iterator<Item = TokenKind>) -> Self {
        let mut scan = Scan { levels: vec![Level::default()], ..Scan::default() };
        for (i, kind) in tokens.enumerate() {
            if scan.token(kind) {
                scan.record(i);
            }
        }
        scan.depth
    }
}

/// The operators that are open within one pair of brackets.
#[derive(Clone, Copy, Default)]
struct Level {
    /// Lambdas, which end only with the bracket (their parameters have commas of their own).
    lambdas: u32,
    /// Ternaries and the like, which a comma ends.
    loose: u32,
    /// `not`, which `and` and `or` end.
    nots: u32,
    /// Signs, `await` and `**`, which the next operator ends.
    tight: u32,
    /// Links of a chain to the left.
    left: u32,
}

impl Level {
    fn right(self) -> u32 {
        self.lambdas + self.loose + self.nots + self.tight
    }
}

#[derive(Default)]
struct Scan {
    levels: Vec<Level>,
    indent: u32,
    /// Sums over the levels below the last.
    outer_right: u32,
    outer_left: u32,
    /// Whether the last token ends an operand, so that an operator after it is a binary one.
    after_operand: bool,
    depth: Depth,
}

impl Scan {
    fn top(&mut self) -> &mut Level {
        self.levels.last_mut().expect("the outermost level is never popped")
    }

    fn record(&mut self, index: usize) {
        let top = *self.top();
        let brackets = self.levels.len() as u32 - 1;
        let depth = &mut self.depth;
        depth.nesting = depth.nesting.max(brackets + self.indent + self.outer_right + top.right());
        depth.chain = depth.chain.max(self.outer_left + top.left);
        if depth.refused_at.is_none() && (depth.nesting > MAX_NESTING || depth.chain > MAX_CHAIN) {
            depth.refused_at = Some(index);
        }
    }

    /// Takes a token up; says whether it may go deeper.
    fn token(&mut self, kind: TokenKind) -> bool {
        match kind {
            TokenKind::Comment | TokenKind::NonLogicalNewline => return false,
            TokenKind::Name | TokenKind::String | TokenKind::Int => {
                self.after_operand = true;
                return false;
            }
            TokenKind::Newline => {
                self.levels.truncate(1);
                *self.top() = Level::default();
                (self.outer_right, self.outer_left) = (0, 0);
            }
            TokenKind::Indent => self.indent += 1,
            TokenKind::Dedent => self.indent = self.indent.saturating_sub(1),
            TokenKind::Lpar | TokenKind::Lsqb | TokenKind::Lbrace | TokenKind::FStringStart | TokenKind::TStringStart => self.open(),
            TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace | TokenKind::FStringEnd | TokenKind::TStringEnd => self.close(),
            TokenKind::Semi => *self.top() = Level::default(),
            TokenKind::Comma => *self.top() = Level { lambdas: self.top().lambdas, ..Level::default() },
            _ => self.operator(kind),
        }
        self.after_operand = ends_operand(kind);
        true
    }

    fn open(&mut self) {
        let top = self.top();
        top.left += 1;
        let top = *top;
        self.outer_right += top.right();
        self.outer_left += top.left;
        self.levels.push(Level::default());
    }

    fn close(&mut self) {
        if self.levels.len() > 1 {
            self.levels.pop();
            let top = *self.top();
            self.outer_right -= top.right();
            self.outer_left -= top.left;
        }
    }

    fn operator(&mut self, kind: TokenKind) {
        let binary = self.after_operand;
        let top = self.top();
        match kind {
            TokenKind::Lambda => top.lambdas += 1,
            TokenKind::If | TokenKind::Else => *top = Level { lambdas: top.lambdas, loose: top.loose + 1, ..Level::default() },
            TokenKind::Yield | TokenKind::Async => top.loose += 1,
            TokenKind::Not => top.nots += 1,
            TokenKind::And | TokenKind::Or => (top.nots, top.tight, top.left) = (0, 0, 0),
            TokenKind::Await => top.tight += 1,
            TokenKind::Dot => top.left += 1,
            TokenKind::DoubleStar => top.tight += 1,
            _ if kind.is_arithmetic() || kind.is_bitwise_or_shift() || kind == TokenKind::Percent => {
                if binary {
                    top.tight = 0;
                    top.left += 1;
                } else {
                    top.tight += 1;
                }
            }
            _ if compares(kind) => (top.tight, top.left) = (0, 0),
            _ => {}
        }
    }
}

fn compares(kind: TokenKind) -> bool {
    matches!(
        kind,
        TokenKind::EqEqual
            | TokenKind::NotEqual
            | TokenKind::Less
            | TokenKind::LessEqual
            | TokenKind::Greater
            | TokenKind::GreaterEqual
            | TokenKind::In
            | TokenKind::Is
            | TokenKind::Equal
            | TokenKind::ColonEqual
    )
}

fn ends_operand(kind: TokenKind) -> bool {
    matches!(
        kind,
        TokenKind::Name
            | TokenKind::Int
            | TokenKind::Float
            | TokenKind::Complex
            | TokenKind::String
            | TokenKind::FStringEnd
            | TokenKind::TStringEnd
            | TokenKind::Rpar
            | TokenKind::Rsqb
            | TokenKind::Rbrace
            | TokenKind::True
            | TokenKind::False
            | TokenKind::None
            | TokenKind::Ellipsis
    ) || kind.is_soft_keyword()
}
