"""Ordinary words: capitals that a sentence gives them make no name of them.

`Prefer tabs` names nobody, `Elena signs` does, and no dictionary ships with Python. So the words with which
notes of this kind begin are listed; any other capitalised word must stand in the sources. Left out on
purpose: words that are given names as well (mark, will, grant, bill, may, rose, frank, chase).
"""


def words(text: str) -> frozenset[str]:
    """Return the words of a list that is written as text."""
    return frozenset(text.split())


FUNCTION = words(
    """
    a about above across after again against ago all almost along already also although always am among an
    and another any anybody anyone anything anyway anywhere are around as at away back be because become
    becomes been before behind being below beneath beside besides best better between beyond both but by
    can cannot could despite did do does doing done down due during each either else enough especially
    even ever every everybody everyone everything everywhere except few fewer fewest finally first for
    former from further furthermore generally had has have having he hence her here hers herself him
    himself his how however i if in indeed initially inside instead into is it its itself just last later
    latest least less let like likely many me mine more moreover most mostly much must my myself near
    nearly neither never nevertheless next no nobody none nor not nothing now nowhere of off often on once
    one only onto or other others otherwise our ours out outside over overall own per perhaps please
    possibly previously probably quite rather really regarding same several shall she should similarly
    since so some somebody someone something sometimes somewhere soon still such than that the their
    theirs them themselves then there thereby therefore these they this those though through throughout
    thus till to together too toward towards under underneath unless unlike until up upon us using usually
    very via was we well were what whatever when whenever where whereas wherever whether which whichever
    while who whoever whole whom whose why with within without would yes yet you your yours yourself
    """
)
"""Words that bear a sentence; they are no name even in capitals for emphasis (`MUST`, `NEVER`)."""

VERBS = words(
    """
    accept access accord achieve acknowledge act activate adapt add address adjust adopt advise affect
    agree aim align allow alter amend analyse analyze announce answer anticipate append apply appear
    approve archive arrange ask assert assess assign assume attach attempt audit authenticate authorise
    authorize automate avoid await backup balance base batch beat begin behave believe belong benchmark
    bind block boot bootstrap break bring browse buffer build bump bundle bypass cache calculate call
    cancel capture care carry catch cause change charge check choose claim clarify classify clean cleanup
    clear click clip clone close collapse collect combine come comment commit communicate compare compile
    complete comply compose compress compute concern configure confirm conflict connect consider consist
    consolidate construct consult consume contact contain continue contribute control convert copy correct
    correspond cost count cover crash create crop customise customize cut deal debug decide declare
    decline decrease default defer define delay delegate delete deliver demand deny depend deploy
    deprecate derive describe design detach detect determine develop differ direct disable disallow
    discard discover discuss display distinguish distribute divide document double download draft drain
    draw drive drop duplicate edit eliminate email embed emit empty enable encode encounter encourage
    encrypt end enforce ensure enter enumerate escape establish estimate evaluate examine exceed exclude
    execute exist exit expand expect expire explain explore export expose express extend extract fail fall
    favor favour feed feel fetch file fill filter find finish fix flag flatten flush focus follow forbid
    force forget form format formulate forward freeze gather generate get give go group grow guarantee
    guard guide halt handle hang happen hash help hide highlight hold hook identify ignore illustrate
    implement import improve include increase indent index indicate infer inform inherit initialise
    initialize inject insert inspect install instruct integrate intend interpret introduce invalidate
    investigate invoke involve isolate issue join jump justify keep kill know label launch lead learn
    leave lie limit link lint list listen live load locate lock log look loop lose lower maintain make
    manage map match matter mean measure memorise memorize mention merge migrate minimise minimize mirror
    mock modify monitor mount move name need note notice notify number obey observe obtain occur offer
    omit open operate optimise optimize order organise organize overlap override overwrite own pack
    package parse pass paste patch pause pay perform permit persist pick pin ping pipe place plan plug
    point poll populate post postpone prefer prefix prepare present preserve press prevent print
    prioritise prioritize proceed process produce profile prohibit prompt propose protect prove provide
    prune publish pull purge push put qualify query queue quit quote raise read rebase rebuild recall
    receive recheck recognise recognize recommend reconcile record recover recreate reduce refactor refer
    refine reflect refresh refuse regenerate register reinstall reject relate release reload rely remain
    remember remind remove rename render reopen reorder repair repeat replace reply report represent
    reproduce request require rerun reserve reset resolve respect respond restart restore restrict result
    resume retain retire retrieve retry return reuse revert review revisit revoke rewrite roll rotate
    round route run sanitise sanitize save say scale scan schedule scope scroll seal search seed seek seem
    select send separate serialise serialize serve set settle setup share shift ship show shrink shut sign
    silence simplify size skip sleep slow solve sort specify speed spell spend split squash stage stand
    standardise standardize start state stay step stick stop store stream stress strip structure submit
    subscribe substitute succeed suggest summarise summarize supersede supply support suppose suppress
    switch sync synchronise synchronize tag take talk target tell tend terminate test think throttle throw
    toggle track transfer transform translate treat trigger trim truncate trust try tune turn type
    understand undo unify uninstall unlock unpack unset unwrap update upgrade upload urge use utilise
    utilize validate vary verify version view visit wait walk want warn wash watch work wrap write yield
    zip zoom began begun bound broke broken brought built came caught chose chosen did drawn felt fell
    found gave given gone got grew grown held hidden hung kept knew known led left lost made meant met
    paid ran said sat saw seen sent set shown slept sold spent stood stuck taken taught thought threw
    thrown told took tried went woken won wrote written
    """
)
"""What a note tells its reader to do, or says was done."""

OTHERS = words(
    """
    accessible account accounts action active actual additional agent agents alternative amount answer app
    application approach apps architecture argument arguments article artifact asset assets author
    automatic available backend bad bare basic behaviour behavior big billing bold boundary branch
    branches broken browser bug bugs builds business button cell changelog changes channel chapter
    character class clause client clients cloud code colleague column command commands common company
    compatible component components concise condition config configuration connection console constant
    contents context contract convention copy correct correction count coverage credential credentials
    current custom customer customers daemon dashboard data database databases date dates day days
    deadline decision decisions dependencies dependency deployment deployments description desktop detail
    details developer developers device different directory docs document documentation documents domain
    draft drawing drawings duplicate early easy editor effective email emails empty endpoint endpoints
    engine engineer english entries entry env environment equal error errors event events evidence exact
    example examples exception exceptions existing explicit extra fact facts failure fast feature features
    feedback field fields file files fine fixed fixture flaky folder folders font footer format formatter
    framework free frequent fresh frontend full function functions general git global good green half hard
    header headers headless heavy helper helpers hidden high history hook hooks host hosts hour human
    hundred icon idea identifier image images immediate implicit important incoming index individual info
    information initial input instruction instructions integration interface internal invalid invoice
    invoices issue issues item items job jobs key keys kind known language languages large late layer
    layout legacy lesson level library light limit line lines link list local lock log logic login logs
    long loop low machine mail main major manual master max maximum meeting member memory message messages
    metadata method metric migration migrations min minimal minimum minor mobile mode model models module
    modules money month months multiple name names narrow native nested network new node nodes normal note
    notes notification null number numbers object objects old open operation operations option optional
    options original outgoing output outputs owner owners package packages page pages parallel parameter
    parameters parent part partial parts password passwords path paths pattern people performance
    permission permissions person persons picture pipeline plain plan platform plugin point policy pool
    port ports position possible practice preference preferences present previous price pricing primary
    private procedure process product production program programs project projects prompt prompts proper
    proposal proposals protocol proxy public pure purpose quality queries question questions quick
    quotation quote ram random range rate raw ready real reason reasons recent record records reference
    regular related relative release releases relevant remote rendering replica repo report reports
    repository request requests required resource response responses rest result results retries retry
    reviewer reviewers right role root row rows rule rules runs runtime safe safety sample scenario schema
    scope screen script scripts secret secrets section secure security self sensitive separate server
    servers service services session sessions setting settings shared shell short significant similar
    simple single site size skill skills slow small smoke snapshot software solution source sources space
    special specific stable staff staging standard state statement states static status step steps storage
    strict string strings strong structure style success successful suite summary supplier sure symbol
    syntax system systems tab table tables tabs task tasks team teams template templates temporary term
    terminal text texts thing things thread threads ticket tickets time timeout timeouts timestamp
    timestamps tip title token tokens tool tooling tools top topic topics total traffic transaction
    trouble two type types typical ui unique unit unknown unused upstream usage user users valid value
    values variable variables variant vendor version versions video visible warning warnings way web week
    weekly weeks white wide width window windows wise word words worker workers workflow workspace worth
    wrong year years zero spaces tests test testing builds rebuilds
    """
)
"""Things and qualities of the trade."""

GIVEN = words(
    """
    art bill chance chase chip chuck clay cliff dale dawn dean drew faith frank grace grant guy hope hunter
    jack josh joy june lance lee mark mason max may melody misty nick norm page pat penny pierce ray rich rob
    rod rose rusty sandy scout skip sky sterling sue summer wade warren will
    """
)
"""Words that are given names as well: in lower case in a source they name nobody."""
