// A check that bytecode was made by a process of this run: Lua crashes on bytecode that it did not write.

/// A keyed hash of bytecode.
///
/// The key is the random one that Swift has in each process for its dictionaries; forked children share it, others
/// do not know it.
func bytecodeHash(_ bytecode: UnsafeRawBufferPointer) -> UInt64 {
    var hasher = Hasher()
    unsafe hasher.combine(bytes: bytecode)
    return UInt64(bitPattern: Int64(hasher.finalize()))
}
