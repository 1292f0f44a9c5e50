//! The arguments of the attribute.
use proc_macro2::Span;
use syn::parse::{Parse, ParseStream};
use syn::{Error, Expr, Ident, Result, Token};

/// `dir = EXPR, id = EXPR`, in any order.
pub(crate) struct Arguments {
    pub(crate) dir: Expr,
    pub(crate) id: Expr,
}

impl Parse for Arguments {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let (mut dir, mut id) = (None, None);
        while !input.is_empty() {
            let name: Ident = input.parse()?;
            let slot = match name.to_string().as_str() {
                "dir" => &mut dir,
                "id" => &mut id,
                other => return Err(Error::new(name.span(), format!("unknown argument `{other}`: expected `dir` or `id`"))),
            };
            input.parse::<Token![=]>()?;
            if slot.replace(input.parse::<Expr>()?).is_some() {
                return Err(Error::new(name.span(), format!("`{name}` is given twice")));
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        let missing = |name: &str| Error::new(Span::call_site(), format!("`{name}` is missing: #[session_locked(dir = .., id = ..)]"));
        Ok(Self { dir: dir.ok_or_else(|| missing("dir"))?, id: id.ok_or_else(|| missing("id"))? })
    }
}
