//! Every typed id of the program, from one macro; a bare `Uuid` in a signature is a bug.

use sea_orm::DeriveValueType;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The county that owns a row: six digits of GB/T 2260; a shard.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, DeriveValueType)]
pub struct CountyId(pub String);

/// An id is never made from a row number.
macro_rules! no_row_number {
    ($name:ty) => {
        impl sea_orm::TryFromU64 for $name {
            fn try_from_u64(_: u64) -> Result<Self, sea_orm::DbErr> {
                Err(sea_orm::DbErr::ConvertFromU64(stringify!($name)))
            }
        }
    };
}

no_row_number!(CountyId);

impl std::fmt::Display for CountyId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl CountyId {
    /// The county of which a text is, or begins with, the six digits, as links of the public do.
    pub fn leading(text: &str) -> Option<Self> {
        let six = text.get(..6).filter(|six| six.bytes().all(|b| b.is_ascii_digit()))?;
        Some(Self(six.to_owned()))
    }

    /// The county of which a text is the six digits.
    pub fn parse(text: &str) -> Option<Self> {
        Self::leading(text).filter(|county| county.0.len() == text.len())
    }

    /// The county, or a city's or province's own office, that owns what belongs to a region.
    pub fn owning(region: &zhida_types::RegionCode) -> Self {
        Self(format!("{:0<6}", region.as_str().chars().take(6).collect::<String>()))
    }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, DeriveValueType)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new id; it sorts by the time of its making.
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }
        }

        no_row_number!($name);

        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                text.parse().map(Self)
            }
        }
    )*};
}

ids! {
    /// An organisation.
    UnitId;
    /// A person's login.
    AccountId;
    /// A piece of long work.
    TaskId;
    /// Somebody who is served.
    PartyId;
    /// What one source says of a party.
    FactId;
    /// A file that was taken in.
    ImportId;
    /// A round of home visits.
    CampaignId;
    /// A home visit.
    VisitId;
    /// Something to be had.
    OfferId;
    /// A matching run.
    RunId;
    /// A pair that a run proposes.
    ProposalId;
    /// A party and an offer on their way.
    CaseId;
    /// A step of a case.
    StepId;
    /// What was sent to somebody.
    MessageId;
    /// A verdict of the tier rule.
    TierId;
    /// Somewhere on the map.
    PlaceId;
    /// A photo.
    PhotoId;
    /// An inspector's note.
    NoteId;
    /// A version of a checklist.
    ChecklistId;
    /// A checklist to be filled in about something, by one reviewer or more.
    ReviewId;
    /// One reviewer's share of a review.
    CheckId;
    /// What was found to be wrong.
    FindingId;
    /// A step of a finding.
    FindingStepId;
    /// A promised number.
    CommitmentId;
    /// Who has to do with a commitment.
    DutyId;
    /// A step on the way to a commitment.
    MilestoneId;
    /// A report of progress.
    ProgressId;
    /// A change of a commitment.
    RevisionId;
    /// A meeting.
    MeetingId;
    /// Somebody at a meeting.
    ParticipantId;
    /// A point of an agenda.
    AgendaId;
    /// What a meeting decided.
    DecisionId;
    /// Who or what holds goods or money.
    HolderId;
    /// An entry of the ledger.
    EntryId;
    /// A batch of payments.
    BatchId;
    /// A payment of a batch.
    PaymentId;
    /// A shift in which people go round places.
    TourId;
    /// An organisation that runs what the office buys.
    ProviderId;
    /// A paper of a provider.
    PaperId;
    /// A provider's teacher.
    TeacherId;
    /// A call for providers.
    TenderId;
    /// A provider's bid.
    BidId;
    /// A contract with a provider.
    ContractId;
    /// What says that somebody finished a class.
    CertificateId;
    /// An objection to a ranking.
    ObjectionId;
    /// A lesson of a class.
    LessonId;
    /// Somebody at a lesson.
    AttendanceId;
    /// Work that somebody found.
    OutcomeId;
    /// A later look at work that somebody found.
    FollowUpId;
    /// A time in which somebody was insured as employed.
    InsuredId;
    /// What is owed to a provider for a person.
    SubsidyId;
    /// What a trainee says of a class.
    ClassOpinionId;
    /// A place of a tour.
    StopId;
    /// Somebody who was met on a tour.
    EncounterId;
    /// A warning that is in force.
    WarningId;
    /// What somebody of the public reported.
    TipId;
    /// A letter about a finding.
    LetterId;
    /// A published report.
    PublishedId;
    /// What a place was before a file changed it.
    BeforeId;
    /// Something that was seen of a place.
    SignalId;
    /// What somebody says of a place.
    RatingId;
    /// Where people work, as a file says it.
    DemandId;
    /// A layout plan.
    LayoutId;
    /// A measure against something, on which its side is heard first.
    HearingId;
    /// Something that is held at a place for whoever comes.
    EventId;
    /// People who said that they come.
    GuestId;
    /// A piece of a place's equipment.
    EquipmentId;
}
