//! The memory that Argon2id works in: 19 MiB each time. Left to the allocator, what a rush of sign-ins took would stay with
//! it for ever, once for each thread that has ever hashed. So it is used again, and there is never more of it than
//! hashes are computed at once.

use std::sync::{Mutex, MutexGuard, PoisonError};

use argon2::Block;

/// Blocks of memory that no hash is computed in just now. None is made before the first is needed.
pub(super) struct Memory {
    blocks: usize,
    free: Mutex<Vec<Vec<Block>>>,
}

impl Memory {
    /// Of that many KiB each.
    pub(super) fn of(kibibytes: usize) -> Self {
        Self {
            blocks: kibibytes,
            free: Mutex::default(),
        }
    }

    /// Lends memory for one hash that needs so many KiB. One that was stored under other settings may need more than
    /// today's: it gets memory of its own, which is not kept.
    pub(super) fn lend<T>(&self, kibibytes: usize, work: impl FnOnce(&mut [Block]) -> T) -> T {
        if kibibytes > self.blocks {
            return work(&mut vec![Block::new(); kibibytes]);
        }
        let free = self.free().pop();
        let mut memory = free.unwrap_or_else(|| vec![Block::new(); self.blocks]);
        let done = work(&mut memory[..kibibytes]);
        self.free().push(memory);
        done
    }

    fn free(&self) -> MutexGuard<'_, Vec<Vec<Block>>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_made_when_needed_and_used_again() {
        let memory = Memory::of(8);
        assert_eq!(memory.free().len(), 0);
        let at = memory.lend(8, |first| {
            // While it is lent, another hash gets another.
            memory.lend(4, |second| assert_eq!(second.len(), 4));
            assert_eq!(first.len(), 8);
            first.as_ptr()
        });
        assert_eq!(memory.free().len(), 2);
        memory.lend(8, |again| assert_eq!(again.as_ptr(), at));
        memory.lend(9, |more| assert_eq!(more.len(), 9));
        assert_eq!(memory.free().len(), 2);
        assert!(memory.free().iter().all(|kept| kept.len() == 8));
    }
}
