//! Macros: the well-known ones by what they do, all others by the expressions, statements or items that their tokens make.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Expr, Item, Macro, Stmt};

use super::attr::split_commas;
use super::build::Lowering;
use super::expr::{Want, literal_text};
use super::item::Constant;
use super::types::last_name;
use crate::ir::{Arm, Op, Value, Var};
use crate::source::{Span, Sym};

/// Tokens as expressions with commas between them.
pub(super) fn expressions(tokens: TokenStream) -> Option<Vec<Expr>> {
    let parser = Punctuated::<Expr, syn::Token![,]>::parse_terminated;
    parser.parse2(tokens).ok().map(|p| p.into_iter().collect())
}

/// What of tokens between commas makes expressions: `target: "x"`, `%x` and `name = x` are taken for their values.
fn loose_expressions(tokens: TokenStream) -> Vec<Expr> {
    split_commas(tokens)
        .into_iter()
        .filter_map(|part| {
            let tokens: Vec<TokenTree> = part.into_iter().collect();
            let is = |t: &TokenTree, c: char| matches!(t, TokenTree::Punct(p) if p.as_char() == c);
            let after = tokens.iter().take(8).position(|t| is(t, '=') || is(t, ':')).filter(|i| {
                // Not `==`, `=>`, `::` or `>=`.
                let alone = |t: Option<&TokenTree>| !matches!(t, Some(TokenTree::Punct(p)) if "=:>".contains(p.as_char()));
                alone(tokens.get(i + 1)) && (*i == 0 || !matches!(&tokens[i - 1], TokenTree::Punct(p) if "=!<>:".contains(p.as_char())))
            });
            let from = after.map_or(0, |i| i + 1);
            let from = from + tokens[from..].iter().take_while(|t| is(t, '%') || is(t, '?')).count();
            syn::parse2(tokens[from..].iter().cloned().collect()).ok()
        })
        .collect()
}

/// Tokens as statements.
fn statements(tokens: TokenStream) -> Option<Vec<Stmt>> {
    syn::Block::parse_within.parse2(tokens).ok()
}

/// The items of each `{…}` in a `cfg_if!`.
fn braces(tokens: TokenStream) -> Vec<Group> {
    let groups = tokens.into_iter().filter_map(|t| if let TokenTree::Group(g) = t { Some(g) } else { None });
    groups.filter(|g| g.delimiter() == Delimiter::Brace).collect()
}

/// `static [ref] NAME: T = value;` in a row, as `lazy_static!` and `thread_local!` take them.
fn statics(input: ParseStream<'_>) -> syn::Result<Vec<(syn::Ident, syn::Type, Expr)>> {
    let mut out = vec![];
    while !input.is_empty() {
        input.call(syn::Attribute::parse_outer)?;
        input.parse::<syn::Visibility>()?;
        input.parse::<syn::Token![static]>()?;
        input.parse::<Option<syn::Token![ref]>>()?;
        let name = input.parse()?;
        input.parse::<syn::Token![:]>()?;
        let ty = input.parse()?;
        input.parse::<syn::Token![=]>()?;
        out.push((name, ty, input.parse()?));
        input.parse::<Option<syn::Token![;]>>()?;
    }
    Ok(out)
}

fn is_statics(name: &str) -> bool {
    matches!(name, "lazy_static" | "thread_local")
}

impl Lowering {
    /// A macro among a module's items.
    pub(super) fn macro_item(&mut self, mac: &Macro) {
        match last_name(&mac.path) {
            name if is_statics(name) => {
                for (name, ty, value) in statics.parse2(mac.tokens.clone()).unwrap_or_default() {
                    self.global(self.module, &Constant { name: &name, ty: &ty, value: &value });
                }
            }
            "cfg_if" => {
                for group in braces(mac.tokens.clone()) {
                    self.token_items(group.stream());
                }
            }
            _ => self.token_items(mac.tokens.clone()),
        }
    }

    fn token_items(&mut self, tokens: TokenStream) {
        let parser = |input: ParseStream<'_>| {
            let mut items: Vec<Item> = vec![];
            while !input.is_empty() {
                items.push(input.parse()?);
            }
            Ok(items)
        };
        let items = parser.parse2(tokens).unwrap_or_default();
        let span = self.places.token(proc_macro2::Span::call_site());
        self.deeper(span, |s| s.items(&items));
    }

    /// A macro as an expression or statement.
    pub(super) fn macro_expr(&mut self, mac: &Macro, want: Want<'_>, span: Span) -> Option<Var> {
        let name = last_name(&mac.path);
        let tokens = || mac.tokens.clone();
        match name {
            "format" | "format_args" | "anyhow" | "eyre" | "format_err" => {
                Some(self.with_arguments(mac, span, |s, args| s.formatted(args, "", span)))
            }
            "write" => Some(self.with_arguments(mac, span, |s, args| s.write(args, "", span))),
            "writeln" => Some(self.with_arguments(mac, span, |s, args| s.write(args, "\n", span))),
            "panic" | "unreachable" | "todo" | "unimplemented" | "bail" => {
                let value = (!mac.tokens.is_empty()).then(|| self.with_arguments(mac, span, |s, args| s.formatted(args, "", span)));
                self.emit(Op::Raise { value, span });
                None
            }
            "assert" | "debug_assert" | "ensure" => self.assert(&expressions(tokens())?, span),
            "assert_eq" | "debug_assert_eq" => self.assert_equal(&expressions(tokens())?, "==", span),
            "assert_ne" | "debug_assert_ne" => self.assert_equal(&expressions(tokens())?, "!=", span),
            "print" | "println" | "eprint" | "eprintln" | "trace" | "debug" | "info" | "warn" | "error" | "log" | "event" => {
                for e in loose_expressions(tokens()) {
                    self.expr(&e);
                }
                None
            }
            "vec" | "smallvec" | "array" => Some(self.vec(tokens(), span)),
            "dbg" | "try" | "addr_of" | "addr_of_mut" | "pin" | "ready" => Some(self.with_arguments(mac, span, |s, args| match args {
                [one] => s.hinted(one, want.hint()),
                many => s.tuple(many, span),
            })),
            "matches" => Some(self.matches(tokens(), span)),
            "json" => Some(self.json(tokens(), span)),
            "join" | "try_join" => Some(self.join_all(tokens(), span)),
            "select" | "select_biased" => self.select(tokens(), want, span),
            "env" | "option_env" => Some(self.environment(tokens(), span)),
            "concat" => Some(self.concat(mac, span)),
            "include_str" | "include_bytes" | "include" | "file" | "line" | "column" | "module_path" | "cfg" | "stringify" | "quote"
            | "quote_spanned" | "parse_quote" | "asm" | "compile_error" => Some(self.let_temp(Value::Unknown, span)),
            "cfg_if" => {
                let arms = braces(tokens()).into_iter().map(|g| self.block_arm(g.stream(), span)).collect();
                self.emit(Op::Branch { arms, span });
                None
            }
            name if is_statics(name) => {
                for (name, ty, value) in statics.parse2(tokens()).unwrap_or_default() {
                    self.block_static(&Constant { name: &name, ty: &ty, value: &value });
                }
                None
            }
            _ => self.unknown_macro(tokens(), want, span),
        }
    }

    /// Runs `f` on a macro's arguments; if they are no expressions, the value is unknown.
    fn with_arguments(&mut self, mac: &Macro, span: Span, f: impl FnOnce(&mut Self, &[Expr]) -> Var) -> Var {
        match expressions(mac.tokens.clone()) {
            Some(args) => f(self, &args),
            None => self.let_temp(Value::Unknown, span),
        }
    }

    /// Formatted text, or a single value that is no template.
    fn formatted(&mut self, args: &[Expr], end: &str, span: Span) -> Var {
        match args {
            [one] if literal_text(one).is_none() => self.expr(one),
            args => self.format(args, end, span),
        }
    }

    fn tuple(&mut self, args: &[Expr], span: Span) -> Var {
        let parts = args.iter().map(|e| self.expr(e)).collect();
        self.let_temp(Value::Tuple(parts), span)
    }

    /// `write!(f, …)` is `f.write_fmt(text)`.
    fn write(&mut self, args: &[Expr], end: &str, span: Span) -> Var {
        let Some((target, args)) = args.split_first() else { return self.let_temp(Value::Unknown, span) };
        let recv = self.operand(target, None);
        let text = self.format(args, end, span);
        self.call_method(recv, "write_fmt", vec![text], span)
    }

    fn assert(&mut self, args: &[Expr], span: Span) -> Option<Var> {
        let (condition, message) = args.split_first()?;
        self.open_temps();
        let tests = self.condition(condition);
        self.close_temps(&super::control::both(&tests), span);
        let body = self.ops(|s| {
            s.open_temps();
            let value = (!message.is_empty()).then(|| s.formatted(message, "", span));
            s.emit(Op::Raise { value, span });
            s.close_temps(&[], span);
        });
        let arms = vec![Arm { tests: tests.yes, body: vec![] }, Arm { tests: tests.no, body }];
        self.emit(Op::Branch { arms, span });
        None
    }

    fn assert_equal(&mut self, args: &[Expr], op: &str, span: Span) -> Option<Var> {
        let [a, b, ..] = args else { return None };
        let operands = vec![self.expr(a), self.expr(b)];
        let same = self.let_temp(Value::Operator(Sym::new(op), operands), span);
        let tests = super::pattern::Tests::of_truth(same);
        let raise = vec![Op::Raise { value: None, span }];
        let arms = vec![Arm { tests: tests.yes, body: vec![] }, Arm { tests: tests.no, body: raise }];
        self.emit(Op::Branch { arms, span });
        None
    }

    fn vec(&mut self, tokens: TokenStream, span: Span) -> Var {
        let array = TokenTree::Group(Group::new(Delimiter::Bracket, tokens));
        match syn::parse2::<Expr>(array.into()) {
            Ok(Expr::Array(a)) => self.collection(a.elems.iter(), span),
            Ok(Expr::Repeat(r)) => {
                let element = self.expr(&r.expr);
                self.expr(&r.len);
                self.let_temp(Value::Collection(vec![element]), span)
            }
            _ => self.let_temp(Value::Unknown, span),
        }
    }

    /// `json!`: a collection of the values in it.
    fn json(&mut self, tokens: TokenStream, span: Span) -> Var {
        let mut parts = vec![];
        self.json_parts(tokens, span, &mut parts);
        self.let_temp(Value::Collection(parts), span)
    }

    fn json_parts(&mut self, tokens: TokenStream, span: Span, out: &mut Vec<Var>) {
        if let Ok(TokenTree::Group(group)) = syn::parse2::<TokenTree>(tokens.clone())
            && matches!(group.delimiter(), Delimiter::Brace | Delimiter::Bracket)
        {
            for part in split_commas(group.stream()) {
                let value = if group.delimiter() == Delimiter::Brace { after_colon(part) } else { part };
                self.deeper(span, |s| s.json_parts(value, span, out));
            }
            return;
        }
        match syn::parse2::<Expr>(tokens) {
            Ok(Expr::Path(p)) if p.path.is_ident("null") => {}
            Ok(e) => out.push(self.expr(&e)),
            Err(_) => {}
        }
    }

    /// `env!` is a constant of the build.
    fn environment(&mut self, tokens: TokenStream, span: Span) -> Var {
        let name = expressions(tokens).and_then(|args| args.first().and_then(literal_text));
        let value = name.map_or(Value::Unknown, |n| Value::Str(Sym::new(&format!("${{{n}}}"))));
        self.let_temp(value, span)
    }

    fn concat(&mut self, mac: &Macro, span: Span) -> Var {
        if let Some(text) = super::format::concat_text(mac.tokens.clone()) {
            return self.let_temp(Value::Str(Sym::new(&text)), span);
        }
        self.with_arguments(mac, span, |s, args| {
            let pieces = args.iter().map(|e| crate::ir::Piece::Var(s.expr(e))).collect();
            s.let_temp(Value::Format(pieces), span)
        })
    }

    /// A macro of which nothing is known carries what its expressions carry, or runs its statements.
    pub(super) fn unknown_macro(&mut self, tokens: TokenStream, want: Want<'_>, span: Span) -> Option<Var> {
        if let Some(args) = expressions(tokens.clone()) {
            let parts: Vec<Var> = args.iter().map(|e| self.expr(e)).collect();
            return Some(self.let_temp(if parts.is_empty() { Value::Unknown } else { Value::Derived(parts) }, span));
        }
        let Some(stmts) = statements(tokens) else { return Some(self.let_temp(Value::Unknown, span)) };
        self.block_of(span, want, |s| s.statement_list(&stmts))
    }

    fn block_arm(&mut self, tokens: TokenStream, span: Span) -> Arm {
        let stmts = statements(tokens).unwrap_or_default();
        let body = self.ops(|s| {
            s.block_of(span, Want::Nothing, |s| s.statement_list(&stmts));
        });
        Arm { tests: vec![], body }
    }
}

/// The value of `"key": value`.
fn after_colon(tokens: TokenStream) -> TokenStream {
    let mut tokens = tokens.into_iter();
    let found =
        tokens.by_ref().find(|t| matches!(t, TokenTree::Punct(p) if p.as_char() == ':' && p.spacing() == proc_macro2::Spacing::Alone));
    if found.is_some() { tokens.collect() } else { TokenStream::new() }
}
