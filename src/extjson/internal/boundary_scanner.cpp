#include "extjson/internal/boundary_scanner.h"

#include <algorithm>
#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace tarn::extjson {
namespace {

using State = BoundaryScanner::State;
constexpr size_t kBlock = 64;
constexpr size_t kGroup = 1024;  // Bytes between two remembered states.

// One bit a byte. `[` and `{` differ in bit 5 only, and so do `]` and `}`.
struct Masks {
    uint64_t quote, backslash, open, close;
};

struct Portable {
    static inline Masks Load(const char *p) {
        Masks m{};
        for (size_t i = 0; i < kBlock; ++i) {
            uint64_t bit = uint64_t{1} << i;
            char c = p[i];
            m.quote |= c == '"' ? bit : 0;
            m.backslash |= c == '\\' ? bit : 0;
            m.open |= (c | 0x20) == '{' ? bit : 0;
            m.close |= (c | 0x20) == '}' ? bit : 0;
        }
        return m;
    }
    // Bit i of the result is the parity of bits 0..i.
    static inline uint64_t PrefixXor(uint64_t x) {
        for (int shift = 1; shift < 64; shift *= 2) x ^= x << shift;
        return x;
    }
};

#if defined(__x86_64__)
struct Sse2 : Portable {
    static inline Masks Load(const char *p) {
        Masks m{};
        for (int i = 0; i < 4; ++i) {
            __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i *>(p) + i);
            __m128i folded = _mm_or_si128(v, _mm_set1_epi8(0x20));
            auto put = [i](__m128i hit) { return uint64_t(uint32_t(_mm_movemask_epi8(hit))) << (16 * i); };
            m.quote |= put(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')));
            m.backslash |= put(_mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));
            m.open |= put(_mm_cmpeq_epi8(folded, _mm_set1_epi8('{')));
            m.close |= put(_mm_cmpeq_epi8(folded, _mm_set1_epi8('}')));
        }
        return m;
    }
};

#define TARN_AVX2 __attribute__((target("avx2,pclmul,popcnt,bmi,bmi2")))
struct Avx2 {
    TARN_AVX2 static inline Masks Load(const char *p) {
        __m256i a = _mm256_loadu_si256(reinterpret_cast<const __m256i *>(p));
        __m256i b = _mm256_loadu_si256(reinterpret_cast<const __m256i *>(p) + 1);
        __m256i fold = _mm256_set1_epi8(0x20);
        Masks m;
        m.quote = Equal(a, b, '"');
        m.backslash = Equal(a, b, '\\');
        a = _mm256_or_si256(a, fold);
        b = _mm256_or_si256(b, fold);
        m.open = Equal(a, b, '{');
        m.close = Equal(a, b, '}');
        return m;
    }
    TARN_AVX2 static inline uint64_t Equal(__m256i a, __m256i b, char c) {
        __m256i wanted = _mm256_set1_epi8(c);
        uint64_t low = uint32_t(_mm256_movemask_epi8(_mm256_cmpeq_epi8(a, wanted)));
        uint64_t high = uint32_t(_mm256_movemask_epi8(_mm256_cmpeq_epi8(b, wanted)));
        return low | high << 32;
    }
    TARN_AVX2 static inline uint64_t PrefixXor(uint64_t x) {
        __m128i product = _mm_clmulepi64_si128(_mm_cvtsi64_si128(int64_t(x)), _mm_set1_epi8(char(0xff)), 0);
        return uint64_t(_mm_cvtsi128_si64(product));
    }
};
#else
#define TARN_AVX2
#endif

// Bits of the characters that a backslash takes the meaning from; bit `length` goes to the next block.
inline uint64_t EscapedBits(uint64_t backslash, uint64_t carry_in, size_t length, uint64_t &carry_out) {
    uint64_t escaped = carry_in;
    uint64_t beyond = 0;  // Character 64.
    for (; backslash != 0; backslash &= backslash - 1) {
        int at = std::countr_zero(backslash);
        if (escaped >> at & 1) continue;
        if (at == 63) {
            beyond = 1;
        } else {
            escaped |= uint64_t{2} << at;
        }
    }
    carry_out = length < kBlock ? escaped >> length & 1 : beyond;
    return escaped;
}

struct Block {
    uint64_t open, close;  // Outside strings.
};

#define TARN_SCAN_FUNCTIONS(Isa, suffix, attribute)                                             \
    attribute inline Block Step##suffix(const char *p, size_t length, State &state) {           \
        Masks m = Isa::Load(p);                                                                 \
        state.backslashes |= m.backslash;                                                       \
        uint64_t escaped = EscapedBits(m.backslash, state.escaped, length, state.escaped);      \
        uint64_t in_string = Isa::PrefixXor(m.quote & ~escaped) ^ state.in_string;              \
        state.in_string = uint64_t(int64_t(in_string) >> 63);                                   \
        return {m.open & ~in_string, m.close & ~in_string};                                     \
    }                                                                                           \
    [[maybe_unused]] attribute void Count##suffix(const char *p, size_t blocks, State &state) { \
        for (size_t i = 0; i < blocks; ++i) {                                                   \
            Block block = Step##suffix(p + i * kBlock, kBlock, state);                          \
            state.depth += std::popcount(block.open) - std::popcount(block.close);              \
        }                                                                                       \
    }

TARN_SCAN_FUNCTIONS(Portable, Portable, )
#if defined(__x86_64__)
TARN_SCAN_FUNCTIONS(Sse2, Sse2, )
TARN_SCAN_FUNCTIONS(Avx2, Avx2, TARN_AVX2)
#endif

using CountFunction = void (*)(const char *, size_t, State &);

CountFunction BestCount() {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("bmi2")) {
        return CountAvx2;
    }
    return CountSse2;
#else
    return CountPortable;
#endif
}

const CountFunction kCount = BestCount();

Block StepBest(const char *p, size_t length, State &state) {
#if defined(__x86_64__)
    return StepSse2(p, length, state);
#else
    return StepPortable(p, length, state);
#endif
}

// A part of a block: blanks stand in for what is missing.
Block StepTail(const char *p, size_t length, State &state) {
    char padded[kBlock];
    std::memset(padded, ' ', sizeof(padded));
    std::memcpy(padded, p, length);
    return StepBest(padded, length, state);
}

}  // namespace

void BoundaryScanner::Reset(int base_depth) {
    state_ = {};
    state_.depth = base_depth_ = base_depth;
    groups_.clear();
}

void BoundaryScanner::Advance(const char *text, size_t from, size_t to) {
    text_ = text;
    from_ = from;
    to_ = to;
    groups_.clear();
    for (size_t at = from; at < to; at += kGroup) {
        groups_.push_back(state_);
        size_t length = std::min(kGroup, to - at);
        kCount(text + at, length / kBlock, state_);
        if (size_t tail = length % kBlock; tail > 0) {
            Block block = StepTail(text + at + length - tail, tail, state_);
            state_.depth += std::popcount(block.open) - std::popcount(block.close);
        }
    }
}

size_t BoundaryScanner::LastBoundary() const {
    for (size_t group = groups_.size(); group-- > 0;) {
        State state = groups_[group];
        size_t begin = from_ + group * kGroup;
        size_t end = std::min(begin + kGroup, to_);
        size_t found = kNone;
        for (size_t at = begin; at < end; at += kBlock) {
            size_t length = std::min(kBlock, end - at);
            Block block = length == kBlock ? StepBest(text_ + at, kBlock, state) : StepTail(text_ + at, length, state);
            for (uint64_t bits = block.open | block.close; bits != 0; bits &= bits - 1) {
                int bit = std::countr_zero(bits);
                if (block.open >> bit & 1) {
                    ++state.depth;
                } else if (--state.depth == base_depth_) {
                    found = at + size_t(bit) + 1;
                }
            }
        }
        if (found != kNone) return found;
    }
    return kNone;
}

bool BoundaryScanner::TakeBackslashSeen() {
    bool seen = state_.backslashes != 0;
    state_.backslashes = 0;
    return seen;
}

}  // namespace tarn::extjson
