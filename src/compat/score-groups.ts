export { groupScores, type ScoreGroups } from "../services/score-groups.ts";
