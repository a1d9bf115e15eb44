#include "extjson/internal/syntax.h"

#include <cstdio>
#include <string_view>
#include <vector>

#include "extjson/internal/messages.h"

namespace tarn::extjson {
namespace {

using Kind = SyntaxProblem::Kind;

class Checker {
public:
    Checker(const TextBlock &block, int max_depth)
        : block_(block), text_(block.text(), block.size), max_depth_(size_t(max_depth)) {}

    std::optional<SyntaxProblem> Run() {
        if (block_.array_mode) {
            RunArray();
        } else {
            while (SkipBlanks(), at_ < text_.size()) {
                if (!Value()) break;
            }
        }
        return std::move(problem_);
    }

private:
    bool Wrong(size_t offset, std::string message, Kind kind = Kind::kSyntax) {
        if (!problem_) problem_ = SyntaxProblem{kind, offset, std::move(message)};
        return false;
    }

    bool AtEnd() const { return at_ >= text_.size(); }
    char Here() const { return text_[at_]; }
    void SkipBlanks() {
        while (!AtEnd() && (Here() == ' ' || Here() == '\n' || Here() == '\r' || Here() == '\t')) ++at_;
    }

    // "`x`", or the byte's number when it cannot be printed.
    std::string Show(size_t offset) const {
        unsigned char c = static_cast<unsigned char>(text_[offset]);
        if (c >= 0x20 && c < 0x7f) return "`" + std::string(1, char(c)) + "`";
        char number[16];
        std::snprintf(number, sizeof(number), "byte 0x%02x", c);
        return number;
    }

    bool Truncated(const std::string &where) { return Wrong(at_, "the file ends " + where + "; it seems to be cut."); }

    bool RunArray() {
        bool separated = block_.first;
        for (bool empty = block_.first;; empty = false, separated = false) {
            SkipBlanks();
            if (AtEnd()) return block_.last ? Truncated("before the `]` of its array of documents") : true;
            if (Here() == ']' && (empty || !separated)) break;
            if (!separated) {
                if (Here() != ',')
                    return Wrong(at_, "a comma or `]` is missing between documents, before " + Show(at_) + ".");
                ++at_;
                SkipBlanks();
                if (AtEnd()) return Truncated("after a comma");
                if (Here() == ']') return Wrong(at_, "a comma stands before `]`.");
            }
            if (!Value()) return false;
        }
        ++at_;
        SkipBlanks();
        return AtEnd() || Wrong(at_, "text follows the `]` that closes the array of documents: " + Show(at_) + ".");
    }

    // One whole document, without recursion: any depth is safe here.
    bool Value() {
        std::vector<char> open;
        for (;;) {
            SkipBlanks();
            if (AtEnd()) return TruncatedIn(open);
            char c = Here();
            if (c == '{' || c == '[') {
                open.push_back(c);
                if (open.size() > max_depth_) {
                    return Wrong(at_, "objects and arrays are nested deeper than " + std::to_string(max_depth_) + ".",
                                 Kind::kDepth);
                }
                ++at_;
                SkipBlanks();
                if (!AtEnd() && Here() == (c == '{' ? '}' : ']')) {
                    ++at_;
                    open.pop_back();
                } else {
                    if (c == '{' && !Key(open)) return false;
                    continue;
                }
            } else if (!Scalar()) {
                return false;
            }
            bool more = false;
            if (!Closings(open, more)) return false;
            if (!more) return true;
        }
    }

    bool TruncatedIn(const std::vector<char> &open) {
        if (open.empty()) return Truncated("where a value is expected");
        return Truncated(open.back() == '{' ? "inside an object" : "inside an array");
    }

    bool Key(const std::vector<char> &open) {
        SkipBlanks();
        if (AtEnd()) return TruncatedIn(open);
        if (Here() != '"') return Wrong(at_, "a field name in double quotes is expected, not " + Show(at_) + ".");
        if (!String()) return false;
        SkipBlanks();
        if (AtEnd()) return TruncatedIn(open);
        if (Here() != ':') return Wrong(at_, "a colon is expected after a field name, not " + Show(at_) + ".");
        ++at_;
        return true;
    }

    // Behind a value: closing brackets and commas, up to the next value (more) or the document's end.
    bool Closings(std::vector<char> &open, bool &more) {
        while (!open.empty()) {
            SkipBlanks();
            if (AtEnd()) return TruncatedIn(open);
            bool object = open.back() == '{';
            if (Here() == ',') {
                ++at_;
                SkipBlanks();
                if (!AtEnd() && Here() == (object ? '}' : ']'))
                    return Wrong(at_, "a comma stands before " + Show(at_) + ".");
                more = true;
                return !object || Key(open);
            }
            if (Here() != (object ? '}' : ']')) {
                return Wrong(
                    at_, std::string("a comma or `") + (object ? '}' : ']') + "` is expected, not " + Show(at_) + ".");
            }
            ++at_;
            open.pop_back();
        }
        return true;
    }

    bool Scalar() {
        char c = Here();
        if (c == '"') return String();
        if (c == '-' || (c >= '0' && c <= '9')) return Number();
        for (std::string_view word : {"true", "false", "null"}) {
            if (text_.substr(at_, word.size()) == word) {
                at_ += word.size();
                return TokenEnds();
            }
        }
        for (std::string_view word : {"NaN", "Infinity", "undefined", "None"}) {
            if (text_.substr(at_, word.size()) == word) return Wrong(at_, "`" + std::string(word) + "` is not JSON.");
        }
        if (c == '\'') return Wrong(at_, "text must stand in double quotes.");
        if ((c & 0x80) != 0 && Utf8Length() == 0) return BadUtf8();
        return Wrong(at_, "a value is expected, not " + Show(at_) + ".");
    }

    bool TokenEnds() {
        if (AtEnd() || std::string_view(" \n\r\t,:]}[{").find(Here()) != std::string_view::npos) return true;
        return Wrong(at_, Show(at_) + " does not belong here.");
    }

    bool Digits() {
        size_t begin = at_;
        while (!AtEnd() && Here() >= '0' && Here() <= '9') ++at_;
        return at_ > begin;
    }

    bool Number() {
        size_t begin = at_;
        if (Here() == '-') ++at_;
        size_t digits = at_;
        if (!Digits()) {
            if (text_.substr(at_, 8) == "Infinity") return Wrong(begin, "`-Infinity` is not JSON.");
            return Wrong(begin, "a number has no digits.");
        }
        if (text_[digits] == '0' && at_ - digits > 1) return Wrong(begin, "a number must not begin with 0.");
        if (!AtEnd() && Here() == '.') {
            ++at_;
            if (!Digits()) return Wrong(begin, "a number has no digits after its point.");
        }
        if (!AtEnd() && (Here() == 'e' || Here() == 'E')) {
            ++at_;
            if (!AtEnd() && (Here() == '+' || Here() == '-')) ++at_;
            if (!Digits()) return Wrong(begin, "a number has no digits in its exponent.");
        }
        return TokenEnds();
    }

    bool String() {
        size_t begin = at_++;
        while (!AtEnd()) {
            unsigned char c = static_cast<unsigned char>(Here());
            if (c == '"') {
                ++at_;
                return true;
            }
            if (c == '\\') {
                if (!Escape()) return false;
            } else if (c < 0x20) {
                return Wrong(at_, "a control character (" + Show(at_) +
                                      ") stands in a text; it must be escaped. The text begins at byte " +
                                      std::to_string(block_.file_offset + begin) + ".");
            } else if (c < 0x80) {
                ++at_;
            } else {
                size_t length = Utf8Length();
                if (length == 0) return BadUtf8();
                at_ += length;
            }
        }
        return Truncated("inside a text that begins at byte " + std::to_string(block_.file_offset + begin));
    }

    bool BadUtf8() { return Wrong(at_, Show(at_) + " is not valid UTF-8.", Kind::kEncoding); }

    // Of the character here; 0 when it is not well-formed (Unicode, table 3-7).
    size_t Utf8Length() const {
        auto byte = [this](size_t i) {
            return at_ + i < text_.size() ? static_cast<unsigned char>(text_[at_ + i]) : 0u;
        };
        auto tail = [&byte](size_t i) { return (byte(i) & 0xc0) == 0x80; };
        unsigned c = byte(0);
        if (c >= 0xc2 && c <= 0xdf) return tail(1) ? 2 : 0;
        if (c >= 0xe0 && c <= 0xef) {
            unsigned low = c == 0xe0 ? 0xa0 : 0x80, high = c == 0xed ? 0x9f : 0xbf;
            return byte(1) >= low && byte(1) <= high && tail(2) ? 3 : 0;
        }
        if (c >= 0xf0 && c <= 0xf4) {
            unsigned low = c == 0xf0 ? 0x90 : 0x80, high = c == 0xf4 ? 0x8f : 0xbf;
            return byte(1) >= low && byte(1) <= high && tail(2) && tail(3) ? 4 : 0;
        }
        return 0;
    }

    // The four hex digits behind `\u`; -1 when they are not.
    int HexUnit(size_t offset) const {
        int value = 0;
        for (size_t i = 0; i < 4; ++i) {
            if (offset + i >= text_.size()) return -1;
            char c = text_[offset + i];
            int digit = c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
            if (digit < 0) return -1;
            value = value * 16 + digit;
        }
        return value;
    }

    bool Escape() {
        size_t begin = at_;
        if (at_ + 1 >= text_.size()) return (at_ = text_.size()), Truncated("inside a text");
        char c = text_[at_ + 1];
        if (std::string_view("\"\\/bfnrt").find(c) != std::string_view::npos) return (at_ += 2), true;
        if (c != 'u') return Wrong(begin, "`\\` followed by " + Show(at_ + 1) + " is no escape sequence.");
        int unit = HexUnit(at_ + 2);
        if (unit < 0) return Wrong(begin, "`\\u` must be followed by four hexadecimal digits.");
        at_ += 6;
        if (unit >= 0xdc00 && unit <= 0xdfff)
            return Wrong(begin, "a low surrogate without a high one before it is no character.");
        if (unit < 0xd800 || unit > 0xdbff) return true;
        int low = text_.substr(at_, 2) == "\\u" ? HexUnit(at_ + 2) : -1;
        if (low < 0xdc00 || low > 0xdfff)
            return Wrong(begin, "a high surrogate without a low one after it is no character.");
        at_ += 6;
        return true;
    }

    const TextBlock &block_;
    std::string_view text_;
    size_t max_depth_;
    size_t at_ = 0;
    std::optional<SyntaxProblem> problem_;
};

Error ToError(const TextBlock &block, const std::string &path, const SyntaxProblem &problem) {
    uint64_t offset = block.file_offset + problem.offset;
    switch (problem.kind) {
        case Kind::kEncoding:
            return MakeError(ErrorKind::kInvalidInput, "FAILED_READ_FILE",
                             Place(path, offset) + ": " + problem.message);
        case Kind::kDepth:
            return OverLimit(path, offset, problem.message);
        case Kind::kSyntax:
            break;
    }
    return Malformed(path, offset, problem.message);
}

}  // namespace

std::optional<SyntaxProblem> FindSyntaxProblem(const TextBlock &block, int max_depth) {
    return Checker(block, max_depth).Run();
}

Error DescribeBadBlock(const TextBlock &block, const std::string &path, int max_depth, size_t offset,
                       const char *otherwise) {
    auto problem = FindSyntaxProblem(block, max_depth);
    if (problem) return ToError(block, path, *problem);
    return Malformed(path, block.file_offset + offset, otherwise);
}

Error DescribeOversized(const TextBlock &block, const std::string &path, int max_depth, size_t max_document_bytes) {
    auto problem = FindSyntaxProblem(block, max_depth);
    // What looks wrong at the very end is the cut itself: half a character, half an escape sequence.
    constexpr size_t kLongestToken = 16;
    if (problem && problem->offset + kLongestToken < block.size) return ToError(block, path, *problem);
    size_t begin = 0;
    while (begin < block.size && std::string_view(" \n\r\t,").find(block.text()[begin]) != std::string_view::npos)
        ++begin;
    return OverLimit(
        path, block.file_offset + begin,
        "a document that begins here is larger than max_document_bytes (" + std::to_string(max_document_bytes) + ").");
}

}  // namespace tarn::extjson
