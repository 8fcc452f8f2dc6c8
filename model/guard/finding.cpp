// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/guard/finding.h"

#include "model/guard/effect.h"

namespace treewarden {

using namespace Qt::StringLiterals;

QString verdictName(Verdict verdict)
{
    switch (verdict) {
    case Verdict::Allow:
        return u"allow"_s;
    case Verdict::Warn:
        return u"warn"_s;
    case Verdict::Confirm:
        return u"confirm"_s;
    case Verdict::Block:
        return u"block"_s;
    }
    Q_UNREACHABLE();
}

QString effectName(EffectKind kind)
{
    switch (kind) {
    case EffectKind::Create:
        return u"create"_s;
    case EffectKind::Write:
        return u"write"_s;
    case EffectKind::Remove:
        return u"remove"_s;
    case EffectKind::AddTag:
        return u"add-tag"_s;
    case EffectKind::RemoveTag:
        return u"remove-tag"_s;
    case EffectKind::AddBitmap:
        return u"add-bitmap"_s;
    case EffectKind::RemoveBitmap:
        return u"remove-bitmap"_s;
    case EffectKind::Repoint:
        return u"repoint"_s;
    case EffectKind::Strand:
        return u"strand"_s;
    case EffectKind::StartDomain:
        return u"start-domain"_s;
    case EffectKind::StopDomain:
        return u"stop-domain"_s;
    case EffectKind::DiscardState:
        return u"discard-state"_s;
    case EffectKind::AddMetadata:
        return u"add-metadata"_s;
    case EffectKind::ChangeMetadata:
        return u"change-metadata"_s;
    case EffectKind::DropMetadata:
        return u"drop-metadata"_s;
    case EffectKind::ChangeDefinition:
        return u"change-definition"_s;
    }
    Q_UNREACHABLE();
}

} // namespace treewarden
