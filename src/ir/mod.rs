//! What a front end says of one file: definitions, and per function a structured body of a few ops in
//! administrative normal form. Knows no library and no file system; everything here serialises.
//!
//! Paths are dotted in both languages (`os.path.join`, `std.fs.read`, `Self.load`, `crate.store.load`). A *variable* is a
//! parameter, a local, a captured variable or a temporary of one function. A name whose root is not a variable is a [`Value::Name`].

mod def;
mod dump;
mod op;
mod uses;
mod walk;

pub use def::{
    Capture, Decorator, DecoratorArg, FieldDef, File, Flags, Function, ImplDef, Import, Param, ParamKind, Problem, TypeDef, TypeKind,
    TypeRef, VarInfo,
};
pub use dump::dump;
pub use op::{Arg, Arm, Block, Call, Callee, Discarded, Handler, Key, Op, Payload, Piece, Scope, Structure, Test, Try, Value};
pub use uses::{Use, uses};
pub use walk::each_op;

use serde::{Deserialize, Serialize};

/// A variable of one function: an index into [`Function::vars`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Var(pub u32);

/// A function of one file: an index into [`File::functions`]. Function 0 is the file's top level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FuncIdx(pub u32);
