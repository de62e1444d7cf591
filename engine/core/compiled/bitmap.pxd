"""A set of 65,536 indices, searched in a circle for the nearest member above or below."""

from libc.stdint cimport uint32_t, uint64_t

from engine.core.compiled.state cimport Bitmap

cdef extern from *:
    uint32_t lowest "__builtin_ctzll"(uint64_t word) noexcept nogil
    uint32_t leading_zeros "__builtin_clzll"(uint64_t word) noexcept nogil

cdef enum:
    EMPTY = -1


cdef inline uint32_t highest(uint64_t word) noexcept nogil:
    return 63 - leading_zeros(word)


cdef inline bint contains(const Bitmap* bits, uint32_t index) noexcept nogil:
    return (bits.words[index >> 6] >> (index & 63)) & 1


cdef inline void insert(Bitmap* bits, uint32_t index) noexcept nogil:
    bits.words[index >> 6] |= <uint64_t>1 << (index & 63)
    bits.groups[index >> 12] |= <uint64_t>1 << ((index >> 6) & 63)
    bits.summary |= <uint64_t>1 << (index >> 12)


cdef inline void discard(Bitmap* bits, uint32_t index) noexcept nogil:
    bits.words[index >> 6] &= ~(<uint64_t>1 << (index & 63))
    if bits.words[index >> 6] == 0:
        bits.groups[index >> 12] &= ~(<uint64_t>1 << ((index >> 6) & 63))
        if bits.groups[index >> 12] == 0:
            bits.summary &= ~(<uint64_t>1 << (index >> 12))


cdef inline int first_in_word(const Bitmap* bits, uint32_t word) noexcept nogil:
    return (word << 6) + lowest(bits.words[word])


cdef inline int last_in_word(const Bitmap* bits, uint32_t word) noexcept nogil:
    return (word << 6) + highest(bits.words[word])


cdef inline int first_in_groups(const Bitmap* bits, uint64_t groups) noexcept nogil:
    """Return the lowest member in the chosen groups (a part of the summary word), or EMPTY."""
    cdef uint32_t group
    if groups == 0:
        return EMPTY
    group = lowest(groups)
    return first_in_word(bits, (group << 6) + lowest(bits.groups[group]))


cdef inline int last_in_groups(const Bitmap* bits, uint64_t groups) noexcept nogil:
    cdef uint32_t group
    if groups == 0:
        return EMPTY
    group = highest(groups)
    return last_in_word(bits, (group << 6) + highest(bits.groups[group]))


cdef inline uint64_t above(uint64_t word, uint32_t bit) noexcept nogil:
    """Return the bits of `word` that lie above `bit`."""
    return word & ((~<uint64_t>1) << bit)


cdef inline uint64_t below(uint64_t word, uint32_t bit) noexcept nogil:
    return word & ((<uint64_t>1 << bit) - 1)


cdef inline int next_member(const Bitmap* bits, uint32_t start) noexcept nogil:
    """Find the first member from `start` upwards, round the end if need be; EMPTY if none."""
    cdef uint32_t word = start >> 6
    cdef uint64_t rest = bits.words[word] & ((~<uint64_t>0) << (start & 63))
    cdef int found
    if rest:
        return (word << 6) + lowest(rest)
    rest = above(bits.groups[word >> 6], word & 63)
    if rest:
        return first_in_word(bits, (word & ~<uint32_t>63) + lowest(rest))
    found = first_in_groups(bits, above(bits.summary, word >> 6))
    return found if found != EMPTY else first_in_groups(bits, bits.summary)


cdef inline int previous_member(const Bitmap* bits, uint32_t start) noexcept nogil:
    """Find the first member from `start` downwards, round the end if need be; EMPTY if none."""
    cdef uint32_t word = start >> 6
    cdef uint64_t rest = bits.words[word] & ((~<uint64_t>0) >> (63 - (start & 63)))
    cdef int found
    if rest:
        return (word << 6) + highest(rest)
    rest = below(bits.groups[word >> 6], word & 63)
    if rest:
        return last_in_word(bits, (word & ~<uint32_t>63) + highest(rest))
    found = last_in_groups(bits, below(bits.summary, word >> 6))
    return found if found != EMPTY else last_in_groups(bits, bits.summary)
