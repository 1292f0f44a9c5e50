//! The composition: files to findings. The only place where layers meet.
