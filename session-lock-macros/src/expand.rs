//! Checks the function and puts its body under the guard.
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{parse2, Error, ItemFn, Result, ReturnType, Signature, Type};

use crate::arguments::Arguments;

/// The function with its body under the guard.
pub(crate) fn session_locked(arguments: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let Arguments { dir, id } = parse2(arguments)?;
    let ItemFn { attrs, vis, sig, block, .. } = parse2(item)?;
    let output = checked_output(&sig)?;
    // The error of a return type that no `io::Error` converts to is shown at that type.
    let guard = quote_spanned! {output.span()=> ::session_lock::session_lock(&(#dir), &(#id))?};
    Ok(quote! {
        #(#attrs)*
        #vis #sig {
            // Borrowed, since the body may need the arguments too.
            #[allow(clippy::needless_borrow, clippy::needless_borrows_for_generic_args)]
            let __session_guard = #guard;
            // A value of its own, so that the temporaries of the body's last expression go before the guard does.
            #[allow(clippy::let_and_return, unreachable_code)]
            {
                let __session_value: #output = #block;
                __session_value
            }
        }
    })
}

/// The function's return type, if the function may be locked at all.
fn checked_output(sig: &Signature) -> Result<&Type> {
    if let Some(keyword) = &sig.asyncness {
        return Err(Error::new(
            keyword.span(),
            "an async function cannot wait for a file lock: it would block the runtime; use `SessionDir::lock_async`",
        ));
    }
    if let Some(keyword) = &sig.constness {
        return Err(Error::new(keyword.span(), "a const function cannot take a lock"));
    }
    match &sig.output {
        ReturnType::Default => {
            Err(Error::new(sig.ident.span(), "the function must return a `Result`, to report that the session cannot be locked"))
        }
        ReturnType::Type(_, output) if is_result(output) => Ok(output),
        ReturnType::Type(_, output) => {
            Err(Error::new(output.span(), "the return type must be a `Result`, to report that the session cannot be locked"))
        }
    }
}

/// Whether the type is called `Result`, or something that ends so (an alias).
fn is_result(output: &Type) -> bool {
    match output {
        Type::Path(path) => path.path.segments.last().is_some_and(|last| last.ident.to_string().ends_with("Result")),
        Type::Paren(inner) => is_result(&inner.elem),
        _ => false,
    }
}
