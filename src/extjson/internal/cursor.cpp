#include "extjson/internal/cursor.h"

namespace tarn::extjson {

bool Cursor::SkipString() {
    std::string_view inside = TakeString();
    const char *end = inside.data() + inside.size();
    if (!block_->has_backslash || FindBackslash(inside.data(), end) == end) return true;
    scratch_.resize(inside.size() + 16);
    return Unescape(inside.data(), end, scratch_.data()) != nullptr;
}

bool Cursor::SkipValue() {
    std::string_view number;
    bool integer;
    switch (Here()) {
        case '"':
            return SkipString();
        case '{':
            ++next_;
            if (!Enter()) return false;
            if (Here() == '}') {
                ++next_;
            } else if (!SkipMembers()) {
                return false;
            }
            Leave();
            return true;
        case '[':
            ++next_;
            if (!Enter()) return false;
            if (Here() == ']') {
                ++next_;
            } else {
                do {
                    if (!SkipValue()) return false;
                } while (text_[*next_++] == ',');
                if (text_[next_[-1]] != ']') return false;
            }
            Leave();
            return true;
        case 't':
            return TakeWord("true");
        case 'f':
            return TakeWord("false");
        case 'n':
            return TakeWord("null");
        default:
            return TakeNumber(number, integer);
    }
}

bool Cursor::SkipMembers() {
    do {
        if (Here() != '"' || Peek(1) != ':') return false;
        if (!SkipString()) return false;
        ++next_;
        if (!SkipValue()) return false;
    } while (text_[*next_++] == ',');
    return text_[next_[-1]] == '}';
}

}  // namespace tarn::extjson
