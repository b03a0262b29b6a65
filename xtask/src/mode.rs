//! The two ways to build. Every step of the build looks at it, so it is a module that imports none of them.

/// For whom we build.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Small files: optimised, compressed.
    Release,
    /// Quick builds: neither.
    Dev,
}
