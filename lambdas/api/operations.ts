import type { Operation } from './operation.ts';
import { createApiKey, listApiKeys, revokeApiKey, rotateApiKey } from './operations/api-keys/api-keys.ts';
import { listAudit } from './operations/audit/list-audit.ts';
import { changeJobs } from './operations/jobs/bulk.ts';
import { getBatch, listBatches } from './operations/batches/read-batches.ts';
import { cancelJob, retryJob } from './operations/jobs/change-job.ts';
import { createJob } from './operations/jobs/create-job.ts';
import { createJobs } from './operations/jobs/create-jobs.ts';
import { listJobTypes } from './operations/jobs/list-job-types.ts';
import { listJobs } from './operations/jobs/list-jobs.ts';
import { getJob, getJobLog, listAttempts } from './operations/jobs/read-jobs.ts';
import { createMessage } from './operations/messages/create-message.ts';
import { getMessage, listMessages, listSentMessages } from './operations/messages/read-messages.ts';
import {
  deleteSchedule,
  putSchedule,
  getSchedule,
  listSchedules,
} from './operations/schedules/manage-schedules.ts';
import {
  startSchedule,
  startSchedules,
  stopSchedule,
  stopSchedules,
} from './operations/schedules/start-and-stop.ts';
import { getDocsFile, getDocsPage, getDocument } from './operations/service/documents.ts';
import { getHistory } from './operations/service/history.ts';
import { answerApproval, getApproval } from './operations/steps/approvals.ts';
import { listChildren, listSteps } from './operations/steps/list-steps.ts';
import { sendSignal } from './operations/steps/send-signal.ts';
import { listQueues, pauseQueue, resumeQueue } from './operations/queues/queues.ts';
import { pauseJobType, resumeJobType } from './operations/queues/job-types.ts';
import {
  deleteConcurrencyLimit,
  listConcurrencyKeys,
  putConcurrencyLimit,
} from './operations/queues/concurrency-keys.ts';
import { getConsole, getConsoleFile } from './operations/service/console.ts';
import {
  getCaller,
  getHealthAlive,
  getHealthCheck,
  getStatistics,
} from './operations/service/health-and-statistics.ts';
import { createDownload } from './operations/uploads/create-download.ts';
import { createUpload } from './operations/uploads/create-upload.ts';
import { getWebhookKey, rotateWebhookKey } from './operations/webhook-keys/webhook-key.ts';

/** All API operations, in the order of the OpenAPI document. */
export const operations: readonly Operation[] = [
  createJob,
  createJobs,
  changeJobs,
  listJobs,
  getJob,
  cancelJob,
  retryJob,
  listAttempts,
  getJobLog,
  sendSignal,
  listSteps,
  listChildren,
  getApproval,
  answerApproval,
  listBatches,
  getBatch,
  listJobTypes,
  pauseJobType,
  resumeJobType,
  listQueues,
  pauseQueue,
  resumeQueue,
  listConcurrencyKeys,
  putConcurrencyLimit,
  deleteConcurrencyLimit,
  createUpload,
  createDownload,
  putSchedule,
  getSchedule,
  deleteSchedule,
  listSchedules,
  startSchedule,
  stopSchedule,
  startSchedules,
  stopSchedules,
  createMessage,
  listMessages,
  getMessage,
  listSentMessages,
  getWebhookKey,
  rotateWebhookKey,
  listApiKeys,
  createApiKey,
  rotateApiKey,
  revokeApiKey,
  listAudit,
  getCaller,
  getStatistics,
  getHistory,
  getHealthAlive,
  getHealthCheck,
  getDocument,
  getDocsPage,
  getDocsFile,
  getConsole,
  getConsoleFile,
];
