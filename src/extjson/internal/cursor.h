// extjson/internal/cursor.h: walking the tokens of a block.
//
// The base of both walkers (inference and reading). Functions return false when the text is not what
// the grammar wants; what exactly is wrong is found later by FindSyntaxProblem, so that the fast way
// carries no messages. The end of the block holds zeros, which no rule accepts: no bounds are checked.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "extjson/internal/structural_index.h"
#include "extjson/internal/text.h"
#include "extjson/internal/text_block.h"

namespace tarn::extjson {

enum class WrapperKind : uint8_t { kLong, kDouble, kDecimal };

class Cursor {
public:
    explicit Cursor(int max_depth) : max_depth_(max_depth) {}

    void Start(const TextBlock &block, const StructuralIndex &index) {
        block_ = &block;
        text_ = block.text();
        next_ = index.begin();
        end_ = index.end();
        depth_ = 0;
        separated_ = block.first;
        closed_ = false;
    }

protected:
    enum class Step : uint8_t { kDocument, kEnd, kBad };

    // Moves to the next document's first token.
    Step NextDocument() {
        if (block_->array_mode) {
            if (next_ == end_) return block_->last && !closed_ ? Step::kBad : Step::kEnd;
            if (Here() == ']' && (!separated_ || block_->first)) {
                closed_ = true;
                ++next_;
                return next_ == end_ && block_->last ? Step::kEnd : Step::kBad;
            }
            if (!separated_) {
                if (Here() != ',') return Step::kBad;
                ++next_;
                if (next_ == end_ || Here() == ']') return Step::kBad;
            }
            separated_ = false;
            return Step::kDocument;
        }
        return next_ == end_ ? Step::kEnd : Step::kDocument;
    }

    const char *At() const { return text_ + *next_; }
    char Here() const { return text_[*next_]; }
    char Peek(size_t tokens) const { return text_[next_[tokens]]; }
    size_t Offset() const { return *next_; }
    // Behind the token before this one. REQUIRES: that token was a bracket.
    const char *BehindBracket() const { return text_ + next_[-1] + 1; }

    // The inside of the string that begins at token `ahead`: it ends at the last quote before the token after it.
    std::string_view StringAt(size_t ahead) const {
        const char *begin = text_ + next_[ahead] + 1;
        const char *end = text_ + next_[ahead + 1] - 1;
        while (*end != '"' && end > begin) --end;
        return {begin, size_t(end - begin)};
    }
    std::string_view TakeString() {
        std::string_view inside = StringAt(0);
        ++next_;
        return inside;
    }

    bool TakeWord(std::string_view word) {
        const char *p = At();
        if (std::string_view(p, word.size()) != word || !EndsToken(p[word.size()])) return false;
        ++next_;
        return true;
    }

    // A number by JSON's grammar, as text.
    bool TakeNumber(std::string_view &number, bool &integer) {
        const char *begin = At();
        const char *p = begin + (*begin == '-');
        const char *digits = p;
        while (IsDigit(*p)) ++p;
        if (p == digits || (*digits == '0' && p - digits > 1)) return false;
        integer = true;
        if (*p == '.') {
            integer = false;
            const char *fraction = ++p;
            while (IsDigit(*p)) ++p;
            if (p == fraction) return false;
        }
        if ((*p | 0x20) == 'e') {
            integer = false;
            ++p;
            if (*p == '+' || *p == '-') ++p;
            const char *exponent = p;
            while (IsDigit(*p)) ++p;
            if (p == exponent) return false;
        }
        if (!EndsToken(*p)) return false;
        number = {begin, size_t(p - begin)};
        ++next_;
        return true;
    }

    // {"$numberInt": "5"} and its like, whole; takes nothing when the object is anything else.
    // A bare number in place of the text is taken, too (version 1 wrote it so).
    bool TryNumberWrapper(std::string_view &value, WrapperKind &kind) {
        const char *key = text_ + next_[1];
        if (Load8(key) != Load8("\"$number") || Peek(2) != ':' || Peek(4) != '}') return false;
        std::string_view name = StringAt(1).substr(7);
        if (name == "Int" || name == "Long") {
            kind = WrapperKind::kLong;
        } else if (name == "Double") {
            kind = WrapperKind::kDouble;
        } else if (name == "Decimal") {
            kind = WrapperKind::kDecimal;
        } else {
            return false;
        }
        // No number needs an escape; one that has some is treated as any text in any object.
        if (Peek(3) == '"' && block_->has_backslash && StringAt(3).find('\\') != std::string_view::npos) return false;
        next_ += 3;
        bool integer;
        if (Here() == '"') {
            value = TakeString();
        } else if (!TakeNumber(value, integer)) {
            next_ -= 3;
            return false;
        }
        ++next_;
        return true;
    }

    bool TryUndefined() {
        if (Peek(1) != '"' || text_[next_[1] + 1] != '$' || StringAt(1) != "$undefined" || Peek(2) != ':' || Peek(4) != '}') return false;
        next_ += 3;
        bool taken = TakeWord("true");
        if (taken) {
            ++next_;
        } else {
            next_ -= 3;
        }
        return taken;
    }

    // Any value, checked against the grammar but not looked at.
    bool SkipValue();

    // Moves over a string whose escapes are right.
    bool SkipString();

    // The rest of an object behind its `{` (or behind a comma): members and `}`.
    bool SkipMembers();

    bool Enter() { return ++depth_ <= max_depth_; }
    void Leave() { --depth_; }

    const TextBlock *block_ = nullptr;
    const char *text_ = nullptr;
    const uint32_t *next_ = nullptr;
    const uint32_t *end_ = nullptr;
    int depth_ = 0;
    const int max_depth_;

private:
    std::string scratch_;
    bool separated_ = false;  // A comma was taken, or none is needed.
    bool closed_ = false;     // The array's `]` was taken.
};

}  // namespace tarn::extjson
