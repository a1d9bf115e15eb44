#include <algorithm>
#include <array>

#include "extjson/internal/infer_tree.h"
#include "extjson/internal/messages.h"
#include "extjson/internal/scalars.h"
#include "extjson/internal/syntax.h"

namespace tarn::extjson {

Special SpecialOf(std::string_view name) {
    if (name == "$date") return Special::kDate;
    if (name == "$binary") return Special::kBinary;
    if (name == "$type") return Special::kIgnored;  // The sub-type of a version 1 $binary.
    return Special::kNone;
}

bool IsScalarWrapper(std::string_view name) {
    constexpr std::array<std::string_view, 5> kNames = {"$oid", "$date", "$uuid", "$symbol", "$binary"};
    return std::ranges::find(kNames, name) != kNames.end();
}

Result<void> InferWalker::Add(const TextBlock &block) {
    if (block.oversized)
        return Fail(DescribeOversized(block, files_[block.file_index].path, max_depth_, options_.max_document_bytes));
    auto outcome = index_.Build(block.text(), block.size);
    if (outcome == StructuralIndex::Outcome::kNoMemory)
        return Fail(OutOfMemory(files_[block.file_index].path, block.size * 4));
    if (outcome == StructuralIndex::Outcome::kBadText)
        return Fail(DescribeBadBlock(block, files_[block.file_index].path, max_depth_, 0));
    Start(block, index_);
    if (Documents()) return {};
    if (error_) return Fail(*error_);
    return Fail(DescribeBadBlock(block, path(), max_depth_, Offset()));
}

bool InferWalker::Documents() {
    for (;;) {
        Step step = NextDocument();
        if (step == Step::kEnd) return true;
        if (step == Step::kBad) return false;
        size_t begin = Offset();
        if (Here() != '{') {
            return FailWith(DescribeBadBlock(*block_, path(), max_depth_, begin, "a document must be an object."));
        }
        if (!Object(root_)) return false;
        if (Offset() - begin > options_.max_document_bytes &&
            size_t(BehindBracket() - text_) - begin > options_.max_document_bytes) {
            return FailWith(OverLimit(path(), block_->file_offset + begin,
                                      "a document that begins here is larger than max_document_bytes (" +
                                          std::to_string(options_.max_document_bytes) + ")."));
        }
    }
}

void InferWalker::MarkFirst(InferNode &node, uint16_t kind, size_t offset) {
    node.kinds |= kind;
    if (kind == kSeenNull) return;
    SeenAt &seen = kind == kSeenObject ? node.object_at : node.other_at;
    if (!seen.IsSet()) seen = {block_->file_index, block_->file_offset + offset, kind};
}

bool InferWalker::Value(InferNode &node) {
    if (node.special != Special::kNone) return SpecialValue(node);
    size_t offset = Offset();
    switch (text_[offset]) {
        case '"':
            Mark(node, kSeenString, offset);
            ++next_;
            return true;
        case '{':
            return mongo_ ? MongoObject(node) : Object(node);
        case '[':
            return Array(node);
        case 't':
            Mark(node, kSeenBoolean, offset);
            return TakeWord("true");
        case 'f':
            Mark(node, kSeenBoolean, offset);
            return TakeWord("false");
        case 'n':
            node.kinds |= kSeenNull;
            return TakeWord("null");
        default:
            return Number(node);
    }
}

// What stands behind $date and $binary has that meaning whatever it looks like.
bool InferWalker::SpecialValue(InferNode &node) {
    if (Here() == 'n') {
        node.kinds |= kSeenNull;
    } else {
        Mark(node, node.special == Special::kDate ? kSeenDate : kSeenBinary, Offset());
    }
    return SkipValue();
}

bool InferWalker::Number(InferNode &node) {
    const char *begin = At();
    size_t offset = Offset();
    const char *p = begin + (*begin == '-');
    const char *digits = p;
    while (IsDigit(*p)) ++p;
    // Up to 18 digits are a long for sure.
    if (p > digits && p - digits <= 18 && (*digits != '0' || p - digits == 1) && EndsToken(*p)) {
        Mark(node, kSeenLong, offset);
        ++next_;
        return true;
    }
    std::string_view text;
    bool integer;
    if (!TakeNumber(text, integer)) return false;
    if (!integer) {
        Mark(node, kSeenDouble, offset);
    } else if (ParseInteger(text)) {
        Mark(node, kSeenLong, offset);
    } else {
        int count = int(std::min<size_t>(text.size() - (text[0] == '-'), 1000));
        Mark(node, count > 38 ? kSeenDouble : kSeenBigInteger, offset);
        if (count <= 38) node.integer_digits = std::max(node.integer_digits, count);
    }
    return true;
}

void InferWalker::MarkDecimal(InferNode &node, std::string_view text) {
    size_t offset = size_t(text.data() - text_);
    auto decimal = ParseDecimalText(text);
    if (!decimal || decimal->IntegerDigits() > 38 || decimal->FractionDigits() > 38) {
        Mark(node, kSeenDouble, offset);
        return;
    }
    Mark(node, kSeenDecimal, offset);
    node.integer_digits = std::max(node.integer_digits, decimal->IntegerDigits());
    node.fraction_digits = std::max(node.fraction_digits, decimal->FractionDigits());
}

bool InferWalker::MongoObject(InferNode &node) {
    const char *p = At();
    // {"$oid":"…"} and {"$date":"…"}, compact, where they were seen before.
    if (p[2] == '$' && p[1] == '"') {
        if (node.oid && Load8(p) == Load8("{\"$oid\":") && p[8] == '"' && Peek(4) == '}') {
            next_ += 5;
            return true;
        }
        if (node.date && Load8(p) == Load8("{\"$date\"") && p[8] == ':' && p[9] == '"' && Peek(4) == '}') {
            next_ += 5;
            return true;
        }
    }
    if (Peek(1) != '"' || text_[next_[1] + 1] != '$') return Object(node);
    std::string_view text;
    WrapperKind kind;
    size_t offset = Offset();
    if (TryNumberWrapper(text, kind)) {
        if (kind == WrapperKind::kDecimal) {
            MarkDecimal(node, text);
        } else {
            Mark(node, kind == WrapperKind::kLong ? kSeenLong : kSeenDouble, offset);
        }
        return true;
    }
    if (TryUndefined()) {
        node.kinds |= kSeenNull;
        return true;
    }
    if (!Object(node)) return false;
    if (!node.oid && !node.date) {
        InferNode *oid = node.Find("$oid");
        if (oid && (oid->kinds & kSeenString) != 0) node.oid = oid;
        InferNode *date = node.Find("$date");
        if (date && (date->kinds & kSeenDate) != 0) node.date = date;
    }
    return true;
}

bool InferWalker::Object(InferNode &node) {
    Mark(node, kSeenObject, Offset());
    ++next_;
    if (!Enter()) return false;
    uint64_t object = ++objects_;
    InferNode *guess = node.first;
    InferNode *previous = nullptr;
    if (Here() == '}') {
        ++next_;
        Leave();
        return true;
    }
    for (;;) {
        InferNode *member = guess;
        if (!member || !member->key.Matches(At())) {
            member = SearchMember(node, previous);
            if (!member) return false;
        }
        if (member->twin->seen == object) {
            return FailWith(
                Malformed(path(), block_->file_offset + Offset(),
                          "an object has two fields named `" + member->name + "` (names equal but for case count)."));
        }
        member->twin->seen = object;
        next_ += 2;
        if (!Value(*member)) return false;
        char c = text_[*next_++];
        if (c == '}') break;
        if (c != ',') return --next_, false;
        previous = member;
        guess = member->after;
    }
    Leave();
    return true;
}

// The member that is named here, known or new; becomes the next guess. Null when no name stands here.
InferNode *InferWalker::SearchMember(InferNode &object, InferNode *previous) {
    if (Here() != '"' || Peek(1) != ':') return nullptr;
    std::string_view name = StringAt(0);
    if (FindBackslash(name.data(), name.data() + name.size()) != name.data() + name.size()) {
        decoded_.resize(name.size() + 16);
        char *end = Unescape(name.data(), name.data() + name.size(), decoded_.data());
        if (!end) return nullptr;
        name = {decoded_.data(), size_t(end - decoded_.data())};
    }
    InferNode *member = object.Find(name);
    if (!member) {
        if (++fields_ > kMaxFields) {
            FailWith(OverLimit(path(), block_->file_offset + Offset(),
                               "the documents have more than " + std::to_string(kMaxFields) + " different fields."));
            return nullptr;
        }
        member = object.Add(name);
        if (mongo_) member->special = SpecialOf(name);
    }
    (previous ? previous->after : object.first) = member;
    return member;
}

bool InferWalker::Array(InferNode &node) {
    Mark(node, kSeenArray, Offset());
    ++next_;
    if (!Enter()) return false;
    InferNode &element = node.Element();
    if (Here() == ']') {
        ++next_;
    } else {
        do {
            if (!Value(element)) return false;
        } while (text_[*next_++] == ',');
        if (text_[next_[-1]] != ']') return false;
    }
    Leave();
    return true;
}

}  // namespace tarn::extjson
